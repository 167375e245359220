// Print the events of a chaincode, and go on where the last run stopped.
//
//     swift run ListenWithCheckpoints PROFILE MSP-FOLDER CHAINCODE CHECKPOINT-FILE

import SelvageClient

// snippet.hide
let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 4 else { throw Usage.arguments }
enum Usage: Error { case arguments }
let (file, folder, chaincode, checkpoint) = (words[0], words[1], words[2], words[3])
let peer = try ConnectionProfile(file: file).peers()[0]
let identity = try ClientIdentity(mspID: "Org1MSP", mspFolder: folder)
// snippet.show
try await GatewayConnection.open(to: peer.endpoint, as: identity) { gateway in
    let channel = gateway.channel("mychannel")
    let checkpointer = FileCheckpointer(path: checkpoint)
    try await channel.chaincodeEvents(of: chaincode, from: .block(0), checkpointer: checkpointer) { event in
        print("\(event.block) \(event.name): \(event.payload.count) bytes")
        return .more
    }
}
