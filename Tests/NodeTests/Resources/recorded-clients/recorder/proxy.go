package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Exchange is one call: what the client sent and what it got, byte for byte.
type Exchange struct {
	Name    string   `json:"name"`
	Method  string   `json:"method"`
	Height  uint64   `json:"height"`
	Time    int64    `json:"time"`
	Request []byte   `json:"request"`
	Answers [][]byte `json:"answers"`
	// Nil where the client left.
	Code    *uint32 `json:"code,omitempty"`
	Message string  `json:"message,omitempty"`
	Details []byte  `json:"details,omitempty"`
}

// raw passes messages on as they are.
type raw struct{}

func (raw) Name() string { return "proto" }
func (raw) Marshal(value any) ([]byte, error) {
	return *value.(*[]byte), nil
}
func (raw) Unmarshal(data []byte, value any) error {
	*value.(*[]byte) = append([]byte{}, data...)
	return nil
}

type proxy struct {
	lock      sync.Mutex
	name      string
	exchanges []*Exchange
	upstream  *grpc.ClientConn
	height    func() uint64
	open      sync.WaitGroup
}

func (p *proxy) label(name string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.name = name
}

func (p *proxy) handle(_ any, down grpc.ServerStream) error {
	p.open.Add(1)
	defer p.open.Done()
	method, _ := grpc.MethodFromServerStream(down)
	height := p.height()
	p.lock.Lock()
	exchange := &Exchange{Name: p.name, Method: method[1:], Height: height, Time: time.Now().UnixNano()}
	p.exchanges = append(p.exchanges, exchange)
	p.lock.Unlock()
	ctx, cancel := context.WithCancel(down.Context())
	defer cancel()
	up, err := p.upstream.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method, grpc.ForceCodec(raw{}))
	if err != nil {
		return err
	}
	var request []byte
	if err := down.RecvMsg(&request); err != nil {
		return err
	}
	exchange.Request = request
	if err := up.SendMsg(&request); err != nil {
		return err
	}
	go func() {
		var more []byte
		if err := down.RecvMsg(&more); errors.Is(err, io.EOF) {
			up.CloseSend()
		} else if err == nil {
			panic("a second request of " + method)
		}
	}()
	for {
		var answer []byte
		err := up.RecvMsg(&answer)
		if err == nil {
			p.lock.Lock()
			exchange.Answers = append(exchange.Answers, answer)
			p.lock.Unlock()
			if err := down.SendMsg(&answer); err != nil {
				return err
			}
			continue
		}
		if down.Context().Err() != nil {
			return down.Context().Err()
		}
		code := uint32(codes.OK)
		if !errors.Is(err, io.EOF) {
			st := status.Convert(err)
			code, exchange.Message = uint32(st.Code()), st.Message()
			if len(st.Details()) > 0 {
				exchange.Details, _ = proto.MarshalOptions{Deterministic: true}.Marshal(st.Proto())
			}
		}
		exchange.Code = &code
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

// serve listens with the peer's own TLS key, so that clients see what they would see without it.
func (p *proxy) serve(listen, peer, home, client string, roots *x509.CertPool) {
	own := must(tls.LoadX509KeyPair(home+"/tls/server.crt", home+"/tls/server.key"))
	shown := must(tls.LoadX509KeyPair(client+"/tls/client.crt", client+"/tls/client.key"))
	p.upstream = must(grpc.NewClient(peer, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{shown}})),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(100<<20))))
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequestClientCert})),
		grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(p.handle))
	listener := must(net.Listen("tcp", listen))
	go server.Serve(listener)
}

func must[T any](value T, err error) T {
	if err != nil {
		os.Stderr.WriteString("FATAL: " + err.Error() + "\n")
		os.Exit(1)
	}
	return value
}
