// Have a deed done once, whatever it meets and however often its program is started.
//
//     swift run RetryOnConflict PROFILE MSP-FOLDER ORDER-NUMBER

import SelvageClient

// snippet.hide
let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 3 else { throw Usage.arguments }
enum Usage: Error { case arguments }
let (file, folder, number) = (words[0], words[1], words[2])
let peer = try ConnectionProfile(file: file).peers()[0]
let identity = try ClientIdentity(mspID: "Org1MSP", mspFolder: folder)
// snippet.show
try await GatewayConnection.open(to: peer.endpoint, as: identity) { gateway in
    let notes = gateway.channel("mychannel").chaincode("notes")
    let request = ChaincodeRequest("put", ["order-\(number)", "paid"])
    let done = try await notes.submit(request, businessID: "order-\(number)", retry: RetryPolicy(attempts: 8))
    print("\(done.outcome), attempt \(done.attempts)")
}
