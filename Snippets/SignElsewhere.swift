// A transaction whose signatures are made by something that only sees digests.
//
//     swift run SignElsewhere PROFILE CERTIFICATE-FILE MSP-FOLDER-OF-THE-SIGNER

import Foundation
import SelvageClient

// snippet.hide
let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 3 else { throw Usage.arguments }
enum Usage: Error { case arguments }
let (file, certificate, folder) = (words[0], try String(contentsOfFile: words[1], encoding: .utf8), words[2])
let peer = try ConnectionProfile(file: file).peers()[0]
let signer = try ClientIdentity(mspID: "Org1MSP", mspFolder: folder)
// snippet.show
let identity = try ClientIdentity(mspID: "Org1MSP", certificate: certificate)
try await GatewayConnection.open(to: peer.endpoint, as: identity) { gateway in
    let channel = gateway.channel("mychannel")
    let proposal = channel.chaincode("notes").propose(ChaincodeRequest("put", ["a", "signed elsewhere"]))
    // Bytes can be kept and carried away at every step; set `signature` to what signs `digest`.
    let transaction = try await channel.endorse(OfflineProposal(bytes: proposal.bytes).signed(by: signer))
    try await channel.submit(OfflineTransaction(bytes: transaction.bytes).signed(by: signer))
    let question = channel.statusRequest(of: transaction.transactionID)
    print(try await channel.outcome(of: question.signed(by: signer)))
}
