"""Drives a network with fabric-sdk-py 1.0.0 as it is published.

usage: fabric_sdk.py DIRECTORY CHANNEL ORDERER PEER1 PEER2 NEWCOMER

DIRECTORY holds the organisations' folders in the layout of cryptogen; the others are endpoints (host:port). NEWCOMER is a peer of the second
organisation that has joined nothing. One line of JSON goes to standard output for each step: its name and what the client library returned.
"""
import asyncio
import glob
import json
import sys

from hfc.fabric import Client
from hfc.fabric.orderer import Orderer
from hfc.fabric.peer import Peer
from hfc.fabric.user import create_user
from hfc.util.keyvaluestore import FileKeyValueStore

directory, channel_name, orderer_endpoint, *peer_endpoints = sys.argv[1:]
organizations = directory + "/organizations"
NEXT_FIVE_SECONDS = 5


def tell(step, **found):
    print(json.dumps({"step": step, **found}, sort_keys=True), flush=True)


def user(number, name):
    domain = f"org{number}.example.com"
    msp = f"{organizations}/peerOrganizations/{domain}/users/{name}@{domain}/msp"
    return create_user(
        name, domain, FileKeyValueStore(f"{directory}/python-users"), f"Org{number}MSP",
        key_path=glob.glob(msp + "/keystore/*")[0], cert_path=glob.glob(msp + "/signcerts/*")[0])


def peer(name, number, endpoint):
    domain = f"org{number}.example.com"
    return Peer(
        name=name, endpoint=endpoint, tls_ca_cert_file=glob.glob(f"{organizations}/peerOrganizations/{domain}/tlsca/*.pem")[0],
        opts=(("grpc.ssl_target_name_override", f"peer0.{domain}"),))


async def main():
    client = Client()
    client.new_channel(channel_name)
    orderer = Orderer(
        name="orderer", endpoint=orderer_endpoint, tls_ca_cert_file=glob.glob(f"{organizations}/ordererOrganizations/*/tlsca/*.pem")[0],
        opts=(("grpc.ssl_target_name_override", "localhost"),))
    client._orderers["orderer"] = orderer
    peers = [peer("peer0.org1", 1, peer_endpoints[0]), peer("peer0.org2", 2, peer_endpoints[1])]
    newcomer = peer("newcomer", 2, peer_endpoints[2])
    admins = [user(1, "Admin"), user(2, "Admin")]
    member = user(1, "User1")

    channels = await client.query_channels(requestor=admins[0], peers=[peers[0]])
    tell("query_channels", channels=[entry.channel_id for entry in channels.channels])

    answer = await client.chaincode_invoke(
        requestor=member, channel_name=channel_name, peers=peers, args=["stock", "written in Python"], cc_name="notes", fcn="put",
        wait_for_event=True)
    tell("chaincode_invoke", answer=answer)
    for number, endorser in enumerate(peers, start=1):
        answer = await client.chaincode_query(
            requestor=member, channel_name=channel_name, peers=[endorser], args=["stock"], cc_name="notes", fcn="get")
        tell("chaincode_query", peer=number, answer=answer)
    try:
        answer = await client.chaincode_query(
            requestor=member, channel_name=channel_name, peers=[peers[0]], args=["nothing"], cc_name="notes", fcn="get")
        tell("chaincode_query of nothing", answer=answer)
    except Exception as refused:
        tell("chaincode_query of nothing", refused=str(refused))
    # One endorsement where the policy asks for two: ordered, and marked invalid.
    try:
        answer = await client.chaincode_invoke(
            requestor=member, channel_name=channel_name, peers=[peers[0]], args=["lonely", "x"], cc_name="notes", fcn="put", wait_for_event=True)
        tell("chaincode_invoke by one", answer=answer)
    except Exception as refused:
        tell("chaincode_invoke by one", refused=str(refused))

    info = await client.query_info(requestor=member, channel_name=channel_name, peers=[peers[0]])
    tell("query_info", height=info.height, current=info.currentBlockHash.hex())
    last = await client.query_block(requestor=member, channel_name=channel_name, peers=[peers[0]], block_number=str(info.height - 2))
    number = last["header"]["number"]
    txid = last["data"]["data"][0]["payload"]["header"]["channel_header"]["tx_id"]
    codes = list(last["metadata"]["metadata"][2])
    tell("query_block", number=int(number), transactions=len(last["data"]["data"]), codes=codes, previous=last["header"]["previous_hash"].hex())
    block = await client.query_block_by_hash(
        requestor=member, channel_name=channel_name, peers=[peers[0]], block_hash=info.currentBlockHash)
    tell("query_block_by_hash", number=int(block["header"]["number"]))
    block = await client.query_block_by_txid(requestor=member, channel_name=channel_name, peers=[peers[0]], tx_id=txid)
    tell("query_block_by_txid", found=block["header"]["number"] == number)
    transaction = await client.query_transaction(requestor=member, channel_name=channel_name, peers=[peers[0]], tx_id=txid)
    found = transaction["transaction_envelope"]["payload"]["header"]["channel_header"]
    tell("query_transaction", code=transaction["validation_code"], channel=found["channel_id"], found=found["tx_id"] == txid)
    configuration = await client.get_channel_config(requestor=admins[0], channel_name=channel_name, peers=[peers[0]])
    groups = configuration[0].config.channel_group.groups["Application"].groups
    tell("get_channel_config", organizations=sorted(groups))

    for filtered in (True, False):
        hub = client.get_channel(channel_name).newChannelEventHub(peers[1], member)
        numbers = []
        events = hub.connect(filtered=filtered, start=0, stop=int(info.height) - 1)
        hub.registerBlockEvent(
            unregister=False, onEvent=lambda event: numbers.append(int(event["number"] if filtered else event["header"]["number"])))
        await asyncio.wait_for(events, NEXT_FIVE_SECONDS)
        tell("events", filtered=filtered, numbers=numbers)
        hub.disconnect()

    joined = await client.channel_join(requestor=admins[1], channel_name=channel_name, peers=[newcomer], orderer=orderer)
    tell("channel_join", statuses=[answer.response.status for answer in joined])
    channels = await client.query_channels(requestor=admins[1], peers=[newcomer])
    tell("query_channels of the newcomer", channels=[entry.channel_id for entry in channels.channels])
    again = await client.channel_join(requestor=admins[1], channel_name=channel_name, peers=[newcomer], orderer=orderer)
    tell("channel_join again", answer=str(again))


asyncio.run(main())
