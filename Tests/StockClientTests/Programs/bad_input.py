"""Sends what no client should send to every method of a network, with the gRPC library for Python as it is published.

usage: bad_input.py DIRECTORY ORDERER PEER

DIRECTORY holds the organisations' folders in the layout of cryptogen; the others are endpoints (host:port). For each method and each input one line of
JSON goes to standard output: the status code of the call, and how many messages came before it. The inputs are the same in every run.
"""
import glob
import json
import random
import sys

import grpc

directory, orderer_endpoint, peer_endpoint = sys.argv[1:]
organizations = directory + "/organizations"
SECONDS_FOR_A_CALL = 20

METHODS = {
    orderer_endpoint: [
        ("/orderer.AtomicBroadcast/Broadcast", "stream"),
        ("/orderer.AtomicBroadcast/Deliver", "stream"),
        ("/orderer.AtomicBroadcast/Nothing", "stream"),
        ("/protos.Endorser/ProcessProposal", "unary"),
    ],
    peer_endpoint: [
        ("/protos.Endorser/ProcessProposal", "unary"),
        ("/protos.Deliver/Deliver", "stream"),
        ("/protos.Deliver/DeliverFiltered", "stream"),
        ("/protos.Deliver/DeliverWithPrivateData", "stream"),
        ("/gateway.Gateway/Evaluate", "unary"),
        ("/gateway.Gateway/Endorse", "unary"),
        ("/gateway.Gateway/Submit", "unary"),
        ("/gateway.Gateway/CommitStatus", "unary"),
        ("/gateway.Gateway/ChaincodeEvents", "server stream"),
        ("/orderer.AtomicBroadcast/Broadcast", "stream"),
        ("/no.such.Service/Method", "unary"),
    ],
}


def field(number, body):
    """A field of bytes of a protobuf message."""
    length, size = b"", len(body)
    while size > 0x7F:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + body


def inputs():
    generator = random.Random(20)
    nested = b""
    for _ in range(2000):
        nested = field(1, nested)
    yield "nothing", b""
    yield "ones", b"\xff" * 64
    yield "a length that lies", b"\x0a\xff\xff\xff\xff\x0f" + b"x" * 16
    yield "an endless number", b"\x08" + b"\x80" * 64
    yield "a group without an end", b"\x0b" * 64
    yield "two thousand levels", nested
    yield "a payload of noise", field(1, generator.randbytes(512)) + field(2, generator.randbytes(71))
    yield "a header of noise", field(1, field(1, field(1, generator.randbytes(64)) + field(2, generator.randbytes(64))))
    for size in (1, 100, 10_000, 1_000_000):
        yield f"noise of {size}", generator.randbytes(size)


def call(channel, method, kind, message):
    plain = {"request_serializer": lambda body: body, "response_deserializer": lambda body: body}
    count = 0
    try:
        if kind == "unary":
            channel.unary_unary(method, **plain)(message, timeout=SECONDS_FOR_A_CALL)
            count = 1
        elif kind == "server stream":
            for _ in channel.unary_stream(method, **plain)(message, timeout=SECONDS_FOR_A_CALL):
                count += 1
        else:
            for _ in channel.stream_stream(method, **plain)(iter([message]), timeout=SECONDS_FOR_A_CALL):
                count += 1
        return "OK", "", count
    except grpc.RpcError as error:
        return error.code().name, error.details() or "", count


for endpoint, methods in METHODS.items():
    node = "orderer" if endpoint == orderer_endpoint else "peer"
    folder = "ordererOrganizations/example.com" if node == "orderer" else "peerOrganizations/org1.example.com"
    with open(glob.glob(f"{organizations}/{folder}/tlsca/*.pem")[0], "rb") as file:
        roots = file.read()
    with grpc.secure_channel(endpoint, grpc.ssl_channel_credentials(roots)) as channel:
        for method, kind in methods:
            for name, message in inputs():
                code, details, count = call(channel, method, kind, message)
                print(json.dumps({"node": node, "method": method, "input": name, "code": code, "details": details, "messages": count}), flush=True)
    # Those whom TLS keeps out.
    with grpc.insecure_channel(endpoint) as channel:
        code, details, count = call(channel, methods[0][0], methods[0][1], b"")
        print(json.dumps({"node": node, "method": "plain text", "input": "nothing", "code": code, "details": "", "messages": count}), flush=True)
    with open(glob.glob(f"{organizations}/peerOrganizations/org2.example.com/tlsca/*.pem")[0], "rb") as file:
        strangers = file.read()
    with grpc.secure_channel(endpoint, grpc.ssl_channel_credentials(strangers)) as channel:
        code, details, count = call(channel, methods[0][0], methods[0][1], b"")
        print(json.dumps({"node": node, "method": "another root", "input": "nothing", "code": code, "details": "", "messages": count}), flush=True)
