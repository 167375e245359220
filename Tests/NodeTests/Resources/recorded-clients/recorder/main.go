// Has the gateway client for Go and the discover command call a peer through a proxy that keeps every byte of it.
//
//	recorder NETWORK PEER1 PEER2 LISTEN OUT
//
// NETWORK is the folder that "selvage dev" was given, PEER1 and PEER2 are its peers' addresses, LISTEN is where the proxy takes the calls, and
// OUT is the folder to write to. The discover command has to be on the PATH.
package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

func only(pattern string) string { return must(filepath.Glob(pattern))[0] }
func file(pattern string) []byte { return must(os.ReadFile(only(pattern))) }

type user struct {
	id   identity.Identity
	sign identity.Sign
}

func load(msp, folder string) user {
	id := must(identity.NewX509Identity(msp, must(identity.CertificateFromPEM(file(folder+"/msp/signcerts/*")))))
	return user{id, must(identity.NewPrivateKeySign(must(identity.PrivateKeyFromPEM(file(folder + "/msp/keystore/*")))))}
}

func (u user) connect(address string, roots *x509.CertPool) *client.Gateway {
	conn := must(grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(roots, "")),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(100<<20))))
	return must(client.Connect(u.id, client.WithSign(u.sign), client.WithHash(hash.SHA256), client.WithClientConnection(conn),
		client.WithEvaluateTimeout(30*time.Second), client.WithEndorseTimeout(30*time.Second), client.WithSubmitTimeout(30*time.Second), client.WithCommitStatusTimeout(time.Minute)))
}

func heightOf(gw *client.Gateway) uint64 {
	var info common.BlockchainInfo
	if err := proto.Unmarshal(must(gw.GetNetwork("mychannel").GetContract("qscc").EvaluateTransaction("GetChainInfo", "mychannel")), &info); err != nil {
		panic(err)
	}
	return info.Height
}

func main() {
	folder, peer1, peer2, listen, out := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	organizations := folder + "/organizations/peerOrganizations/"
	home := organizations + "org1.example.com"
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(file(home + "/tlsca/*.pem"))
	roots2 := x509.NewCertPool()
	roots2.AppendCertsFromPEM(file(organizations + "org2.example.com/tlsca/*.pem"))
	alice := load("Org1MSP", home+"/users/User1@org1.example.com")
	bob := load("Org2MSP", organizations+"org2.example.com/users/User1@org2.example.com")
	admin := home + "/users/Admin@org1.example.com"
	direct, other := alice.connect(peer1, roots), bob.connect(peer2, roots2)
	p := &proxy{height: func() uint64 { return heightOf(direct) }}
	p.serve(listen, peer1, home+"/peers/peer0.org1.example.com", admin, roots)
	// Both peers have the same height before the next call.
	wait := func() {
		for heightOf(other) != heightOf(direct) {
			time.Sleep(20 * time.Millisecond)
		}
	}

	gw := alice.connect(listen, roots)
	network := gw.GetNetwork("mychannel")
	notes := network.GetContract("notes")
	ctx, leave := context.WithCancel(context.Background())
	show := func(result any, err error) { fmt.Printf("%s: %q %v\n", p.name, result, err) }
	opened := func() { time.Sleep(500 * time.Millisecond) }

	// What comes from now on; the streams stay open until the errors are through.
	p.label("chaincode events from now on")
	events := must(network.ChaincodeEvents(ctx, "notes"))
	opened()
	p.label("block events from now on")
	blocks := must(network.BlockEvents(ctx))
	opened()
	p.label("filtered block events from now on")
	filtered := must(network.FilteredBlockEvents(ctx))
	opened()
	p.label("block and private data events from now on")
	private := must(network.BlockAndPrivateDataEvents(ctx))
	opened()

	wait()
	p.label("submit a transaction")
	show(notes.SubmitTransaction("put", "a", "hello"))
	wait()
	first := heightOf(direct) - 1
	p.label("submit a transaction and wait later")
	result, commit, err := notes.SubmitAsync("put", client.WithArguments("b", "two"))
	show(result, err)
	show(commit.Status())
	wait()

	// Signed elsewhere.
	p.label("submit, signed offline")
	raw := must(must(notes.NewProposal("put", client.WithArguments("c", "drei €"))).Bytes())
	unsigned := must(gw.NewProposal(raw))
	transaction := must(must(must(gw.NewSignedProposal(raw, must(alice.sign(unsigned.Digest())))).Endorse()).Bytes())
	digest := must(gw.NewTransaction(transaction)).Digest()
	committed := must(must(must(gw.NewSignedTransaction(transaction, must(alice.sign(digest)))).Submit()).Bytes())
	digest = must(gw.NewCommit(committed)).Digest()
	show(must(gw.NewSignedCommit(committed, must(alice.sign(digest)))).Status())
	wait()
	p.label("evaluate, signed offline")
	rawGet := must(must(notes.NewProposal("get", client.WithArguments("c"))).Bytes())
	digest = must(gw.NewProposal(rawGet)).Digest()
	show(must(gw.NewSignedProposal(rawGet, must(alice.sign(digest)))).Evaluate())
	p.label("status of a transaction of long ago, signed offline")
	digest = must(gw.NewCommit(committed)).Digest()
	show(must(gw.NewSignedCommit(committed, must(alice.sign(digest)))).Status())

	p.label("submit with named organisations")
	show(notes.Submit("put", client.WithArguments("a", "again"), client.WithEndorsingOrganizations("Org2MSP", "Org1MSP")))
	wait()
	p.label("submit with transient data")
	show(notes.Submit("put", client.WithArguments("d", "four"), client.WithTransient(map[string][]byte{"secret": []byte("not on the ledger")}),
		client.WithEndorsingOrganizations("Org1MSP", "Org2MSP")))
	wait()
	p.label("submit with too few organisations")
	show(notes.Submit("put", client.WithArguments("a", "lost"), client.WithEndorsingOrganizations("Org1MSP")))
	wait()
	p.label("submit one more transaction")
	show(notes.SubmitTransaction("put", "e", "five"))
	wait()

	p.label("evaluate")
	show(notes.EvaluateTransaction("get", "a"))
	p.label("evaluate a value that is not ASCII")
	show(notes.EvaluateTransaction("get", "c"))
	p.label("evaluate on another organisation's peer")
	show(notes.Evaluate("get", client.WithArguments("b"), client.WithEndorsingOrganizations("Org2MSP")))
	p.label("evaluate with transient data")
	show(notes.Evaluate("get", client.WithArguments("b"), client.WithTransient(map[string][]byte{"secret": []byte("1")})))
	p.label("evaluate a transaction that writes")
	show(notes.EvaluateTransaction("put", "z", "nowhere"))
	p.label("evaluate the contract's metadata")
	show(notes.EvaluateTransaction("org.hyperledger.fabric:GetMetadata"))
	p.label("evaluate the height")
	show(network.GetContract("qscc").EvaluateTransaction("GetChainInfo", "mychannel"))
	p.label("evaluate a block")
	show(network.GetContract("qscc").EvaluateTransaction("GetBlockByNumber", "mychannel", fmt.Sprint(first)))
	p.label("evaluate a transaction by its id")
	id := must(gw.NewCommit(committed)).TransactionID()
	show(network.GetContract("qscc").EvaluateTransaction("GetTransactionByID", "mychannel", id))
	p.label("evaluate a transaction's block")
	show(network.GetContract("qscc").EvaluateTransaction("GetBlockByTxID", "mychannel", id))
	p.label("evaluate the channels")
	show(network.GetContract("cscc").EvaluateTransaction("GetChannels"))
	p.label("evaluate the definitions")
	show(network.GetContract("_lifecycle").EvaluateTransaction("QueryChaincodeDefinitions", ""))
	p.label("evaluate by a member of another organisation")
	theirs := bob.connect(listen, roots)
	show(theirs.GetNetwork("mychannel").GetContract("notes").EvaluateTransaction("get", "a"))

	// Errors.
	p.label("evaluate a key that is not there")
	show(notes.EvaluateTransaction("get", "nothing"))
	p.label("evaluate an unknown transaction")
	show(notes.EvaluateTransaction("forget", "a"))
	p.label("evaluate on an unknown channel")
	show(gw.GetNetwork("nowhere").GetContract("notes").EvaluateTransaction("get", "a"))
	p.label("evaluate an unknown chaincode")
	show(network.GetContract("nochaincode").EvaluateTransaction("get", "a"))
	p.label("evaluate on an unknown organisation's peers")
	show(notes.Evaluate("get", client.WithArguments("a"), client.WithEndorsingOrganizations("Org9MSP")))
	p.label("evaluate with a forged signature")
	show(must(gw.NewSignedProposal(rawGet, bytes.Repeat([]byte{1}, 64))).Evaluate())
	p.label("evaluate a transaction that is not there")
	show(network.GetContract("qscc").EvaluateTransaction("GetTransactionByID", "mychannel", strings.Repeat("0", 64)))
	p.label("endorse with wrong arguments")
	show(notes.SubmitTransaction("put"))
	p.label("endorse with wrong arguments at named organisations")
	show(notes.Submit("put", client.WithEndorsingOrganizations("Org1MSP", "Org2MSP")))
	p.label("endorse by an unknown organisation")
	show(notes.Submit("put", client.WithArguments("a", "x"), client.WithEndorsingOrganizations("Org9MSP")))
	p.label("endorse on an unknown channel")
	show(gw.GetNetwork("nowhere").GetContract("notes").SubmitTransaction("put", "a", "b"))
	p.label("endorse for an unknown chaincode")
	show(network.GetContract("nochaincode").SubmitTransaction("put", "a", "b"))
	p.label("endorse with a forged signature")
	_, err = must(gw.NewSignedProposal(raw, bytes.Repeat([]byte{1}, 64))).Endorse()
	show("", err)
	p.label("endorse a transaction that was committed before")
	digest = must(gw.NewProposal(raw)).Digest()
	_, err = must(gw.NewSignedProposal(raw, must(alice.sign(digest)))).Endorse()
	show("", err)
	p.label("submit on an unknown channel")
	show("", submitElsewhere(gw, transaction, alice))
	p.label("status with a forged signature")
	show(must(gw.NewSignedCommit(committed, bytes.Repeat([]byte{1}, 64))).Status())
	p.label("status by another identity than the signer's")
	show(must(gw.NewSignedCommit(committed, must(bob.sign(must(gw.NewCommit(committed)).Digest())))).Status())

	drain := func(name string, stop func(), count func()) {
		done := make(chan bool)
		go func() { count(); done <- true }()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			fmt.Println("NOT ENOUGH:", name)
		}
		stop()
	}
	drain("now on", leave, func() {
		for i := 0; i < 6; i++ {
			e := <-events
			fmt.Printf("event: block %d %s %q\n", e.BlockNumber, e.EventName, e.Payload)
		}
		for i := 0; i < 2; i++ {
			fmt.Println("block", (<-blocks).Header.Number, (<-filtered).Number, (<-private).Block.Header.Number)
		}
	})
	time.Sleep(500 * time.Millisecond)
	var checkpoint client.InMemoryCheckpointer
	checkpoint.CheckpointTransaction(first, must(gw.NewCommit(committed)).TransactionID())
	var blockCheckpoint client.InMemoryCheckpointer
	blockCheckpoint.CheckpointBlock(first + 4)
	stream := func(name string, count int, open func(context.Context) (func(), error)) {
		p.label(name)
		ctx, leave := context.WithCancel(context.Background())
		next, err := open(ctx)
		if err != nil {
			show("", err)
			leave()
			return
		}
		drain(name, leave, func() {
			for i := 0; i < count; i++ {
				next()
			}
		})
		time.Sleep(200 * time.Millisecond)
		fmt.Println(name, count)
	}
	eventStream := func(name, channel, chaincode string, count int, options ...client.ChaincodeEventsOption) {
		stream(name, count, func(ctx context.Context) (func(), error) {
			c, err := gw.GetNetwork(channel).ChaincodeEvents(ctx, chaincode, options...)
			return func() { <-c }, err
		})
	}
	eventStream("chaincode events from the first block", "mychannel", "notes", 6, client.WithStartBlock(0))
	eventStream("chaincode events behind a transaction", "mychannel", "notes", 3, client.WithStartBlock(first), client.WithCheckpoint(&checkpoint))
	eventStream("chaincode events on an unknown channel", "nowhere", "notes", 1)
	stream("chaincode events, signed offline", 2, func(ctx context.Context) (func(), error) {
		raw := must(must(network.NewChaincodeEventsRequest("notes", client.WithStartBlock(first+1))).Bytes())
		digest := must(gw.NewChaincodeEventsRequest(raw)).Digest()
		c, err := must(gw.NewSignedChaincodeEventsRequest(raw, must(alice.sign(digest)))).Events(ctx)
		return func() { <-c }, err
	})
	stream("chaincode events with a forged signature", 1, func(ctx context.Context) (func(), error) {
		raw := must(must(network.NewChaincodeEventsRequest("notes", client.WithStartBlock(first))).Bytes())
		c, err := must(gw.NewSignedChaincodeEventsRequest(raw, bytes.Repeat([]byte{1}, 64))).Events(ctx)
		return func() { <-c }, err
	})
	stream("block events from a block", 2, func(ctx context.Context) (func(), error) {
		c, err := network.BlockEvents(ctx, client.WithStartBlock(first+4))
		return func() { <-c }, err
	})
	stream("block events behind a checkpoint", 1, func(ctx context.Context) (func(), error) {
		c, err := network.BlockEvents(ctx, client.WithCheckpoint(&blockCheckpoint))
		return func() { <-c }, err
	})
	stream("filtered block events from the first block", int(first), func(ctx context.Context) (func(), error) {
		c, err := network.FilteredBlockEvents(ctx, client.WithStartBlock(0))
		return func() { <-c }, err
	})
	stream("filtered block events, signed offline", 2, func(ctx context.Context) (func(), error) {
		raw := must(must(network.NewFilteredBlockEventsRequest(client.WithStartBlock(first))).Bytes())
		digest := must(gw.NewFilteredBlockEventsRequest(raw)).Digest()
		c, err := must(gw.NewSignedFilteredBlockEventsRequest(raw, must(alice.sign(digest)))).Events(ctx)
		return func() { <-c }, err
	})
	stream("block and private data events from a block", 2, func(ctx context.Context) (func(), error) {
		c, err := network.BlockAndPrivateDataEvents(ctx, client.WithStartBlock(first+4))
		return func() { <-c }, err
	})
	stream("block events with a forged signature", 1, func(ctx context.Context) (func(), error) {
		raw := must(must(network.NewBlockEventsRequest(client.WithStartBlock(0))).Bytes())
		c, err := must(gw.NewSignedBlockEventsRequest(raw, bytes.Repeat([]byte{1}, 64))).Events(ctx)
		return func() { <-c }, err
	})
	stream("block events on an unknown channel", 1, func(ctx context.Context) (func(), error) {
		c, err := gw.GetNetwork("nowhere").BlockEvents(ctx, client.WithStartBlock(0))
		return func() { <-c }, err
	})
	gw.Close()
	p.save(out + "/gateway.json")

	recordDiscover(p, home, organizations, admin, listen, out)
}

func (p *proxy) save(path string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	text := must(json.MarshalIndent(p.exchanges, "", " "))
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		panic(err)
	}
}
