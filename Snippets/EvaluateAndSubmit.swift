// Connect by a connection profile, write a note, and read it back.
//
//     swift run EvaluateAndSubmit PROFILE MSP-FOLDER [CHANNEL [CHAINCODE]]

import SelvageClient

// snippet.hide
let words = Array(CommandLine.arguments.dropFirst())
guard words.count >= 2 else { throw Usage.arguments }
enum Usage: Error { case arguments }
let (file, folder) = (words[0], words[1])
let (channel, chaincode) = (words.count > 2 ? words[2] : "mychannel", words.count > 3 ? words[3] : "notes")
// snippet.show
let profile = try ConnectionProfile(file: file)
let peer = try profile.peers()[0]
let identity = try ClientIdentity(mspID: "Org1MSP", mspFolder: folder)

try await GatewayConnection.open(to: peer.endpoint, as: identity) { gateway in
    let notes = gateway.channel(channel).chaincode(chaincode)
    let done = try await notes.submit("put", "greeting", "hello")
    switch done.outcome {
    case .committed(let block): print("in block \(block)")
    case .invalid(let code, _): print("without effect: \(code)")
    case .expired: print("not seen in time; ask for \(done.id) again later")
    }
    print(String(decoding: try await notes.evaluate("get", "greeting"), as: UTF8.self))
}
