package main

import (
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/protobuf/proto"
)

// submitElsewhere changes the channel's name in a prepared transaction, which the client takes from the header.
func submitElsewhere(gw *client.Gateway, transaction []byte, by user) error {
	var prepared gateway.PreparedTransaction
	var payload common.Payload
	var header common.ChannelHeader
	if err := proto.Unmarshal(transaction, &prepared); err != nil {
		return err
	}
	if err := proto.Unmarshal(prepared.Envelope.Payload, &payload); err != nil {
		return err
	}
	if err := proto.Unmarshal(payload.Header.ChannelHeader, &header); err != nil {
		return err
	}
	header.ChannelId = "nowhere"
	payload.Header.ChannelHeader = must(proto.Marshal(&header))
	prepared.Envelope.Payload = must(proto.Marshal(&payload))
	changed := must(proto.Marshal(&prepared))
	digest := must(gw.NewTransaction(changed)).Digest()
	_, err := must(gw.NewSignedTransaction(changed, must(by.sign(digest)))).Submit()
	return err
}
