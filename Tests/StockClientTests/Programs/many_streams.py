"""Opens a thousand streams on one connection, reads one of them slowly, and sends what is as large as it may be, with the gRPC library for Python.

usage: many_streams.py DIRECTORY CHANNEL ORDERER PEER1 PEER2

DIRECTORY holds the organisations' folders in the layout of cryptogen; the others are endpoints (host:port). One line of JSON goes to standard output for
each step.
"""
import asyncio
import glob
import json
import sys

import grpc
from hfc.fabric import Client
from hfc.fabric.orderer import Orderer
from hfc.fabric.peer import Peer
from hfc.fabric.transaction.tx_context import TXContext
from hfc.fabric.transaction.tx_proposal_request import TXProposalRequest
from hfc.fabric.user import create_user
from hfc.protos.common import common_pb2
from hfc.protos.orderer import ab_pb2
from hfc.protos.peer import events_pb2
from hfc.protos.utils import create_envelope, create_seek_payload
from hfc.util.keyvaluestore import FileKeyValueStore
from hfc.util.utils import build_channel_header, build_header, current_timestamp

directory, channel_name, orderer_endpoint, *peer_endpoints = sys.argv[1:]
organizations = directory + "/organizations"
STREAMS = 1_000
LARGE_VALUES = 5
MESSAGE_LIMIT = 100 * 1024 * 1024
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def tell(step, **found):
    print(json.dumps({"step": step, **found}, sort_keys=True), flush=True)


def roots(pattern):
    return glob.glob(f"{organizations}/{pattern}/tlsca/*.pem")[0]


def seek(member, start, stop, behavior="BLOCK_UNTIL_READY"):
    """The signed envelope that asks for blocks; None is the last one for a start, and for ever for a stop."""
    info = ab_pb2.SeekInfo(behavior=behavior)
    if start is None:
        info.start.newest.CopyFrom(ab_pb2.SeekNewest())
    else:
        info.start.specified.CopyFrom(ab_pb2.SeekSpecified(number=start))
    info.stop.specified.CopyFrom(ab_pb2.SeekSpecified(number=sys.maxsize if stop is None else stop))
    context = TXContext(member, member.cryptoSuite, TXProposalRequest())
    header = build_channel_header(
        common_pb2.HeaderType.Value("DELIVER_SEEK_INFO"), context.tx_id, channel_name, current_timestamp(), context.epoch)
    payload = create_seek_payload(build_header(context.identity, header, context.nonce), info)
    return create_envelope(context.sign(payload), payload).SerializeToString()


async def main():
    msp = f"{organizations}/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp"
    member = create_user(
        "User1", "org1.example.com", FileKeyValueStore(directory + "/python-users"), "Org1MSP", key_path=glob.glob(msp + "/keystore/*")[0],
        cert_path=glob.glob(msp + "/signcerts/*")[0])
    client = Client()
    client.new_channel(channel_name)
    client._orderers["orderer"] = Orderer(
        endpoint=orderer_endpoint, tls_ca_cert_file=roots("ordererOrganizations/*"), opts=(("grpc.ssl_target_name_override", "localhost"),))
    peers = [
        Peer(
            name=endpoint, endpoint=endpoint, tls_ca_cert_file=roots(f"peerOrganizations/org{number}.example.com"),
            opts=(("grpc.ssl_target_name_override", f"peer0.org{number}.example.com"),))
        for number, endpoint in enumerate(peer_endpoints, start=1)
    ]

    async def put(key, text):
        return await client.chaincode_invoke(
            requestor=member, channel_name=channel_name, peers=peers, args=[key, text], cc_name="notes", fcn="put", wait_for_event=True)

    with open(roots("peerOrganizations/org1.example.com"), "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    async with grpc.aio.secure_channel(peer_endpoints[0], credentials, options=UNLIMITED) as connection:
        filtered = connection.stream_stream("/protos.Deliver/DeliverFiltered", response_deserializer=events_pb2.DeliverResponse.FromString)
        full = connection.stream_stream("/protos.Deliver/Deliver", response_deserializer=events_pb2.DeliverResponse.FromString)

        # Each stream says that it is there with the last block, and must hear of the next one.
        request = seek(member, None, None)
        streams = [filtered() for _ in range(STREAMS)]

        async def begin(stream):
            await stream.write(request)
            return (await stream.read()).filtered_block.number

        begun = await asyncio.gather(*(begin(stream) for stream in streams))
        await put("many", "one for all")
        heard = await asyncio.gather(*((lambda stream: stream.read())(stream) for stream in streams))
        tell(
            "many streams", streams=len(streams), same=len(set(begun)) == 1,
            next=all(answer.filtered_block.number == before + 1 for answer, before in zip(heard, begun)))
        for stream in streams:
            stream.cancel()

        # Reads its first block, and no other until blocks of a megabyte each have come to be.
        slow = full()
        await slow.write(seek(member, 0, None))
        numbers = [(await slow.read()).block.header.number]
        for index in range(LARGE_VALUES):
            await put(f"large {index}", "x" * 1_000_000)
        while len(numbers) < begun[0] + 2 + LARGE_VALUES:
            numbers.append((await slow.read()).block.header.number)
        tell("slow reader", complete=numbers == list(range(len(numbers))), blocks=len(numbers))
        slow.cancel()

        # A stream whose client ends its side at once, before it asks and after it has.
        early = full()
        await early.done_writing()
        tell("end before the request", ended=await early.read() is grpc.aio.EOF, code=(await early.code()).name)
        late = full()
        await late.write(seek(member, 0, 1))
        await late.done_writing()
        found = [(await late.read()).WhichOneof("Type") for _ in range(3)]
        tell("end behind the request", found=found, ended=await late.read() is grpc.aio.EOF, code=(await late.code()).name)

        # As large as a message may be, and larger.
        proposal = connection.unary_unary("/protos.Endorser/ProcessProposal")
        for size in (MESSAGE_LIMIT, MESSAGE_LIMIT + 1):
            # One field of bytes; its tag and length take five bytes.
            body = b"\x0a" + bytes([size - 5 >> shift & 0x7F | (0x80 if shift < 21 else 0) for shift in (0, 7, 14, 21)]) + bytes(size - 5)
            try:
                await proposal(body, timeout=60)
                tell("large message", size=size, code="OK")
            except grpc.aio.AioRpcError as error:
                tell("large message", size=size, code=error.code().name)
        answer = await client.chaincode_query(
            requestor=member, channel_name=channel_name, peers=[peers[0]], args=["many"], cc_name="notes", fcn="get")
        tell("afterwards", answer=answer)


asyncio.run(main())
