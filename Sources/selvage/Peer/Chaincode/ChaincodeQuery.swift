import ArgumentParser
import CryptoPrimitives
import LedgerModel

/// Runs a chaincode on one peer and prints what it answers.
struct ChaincodeQuery: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Run a chaincode on one peer and print what it answers; nothing is ordered.",
        discussion: """
            Example:
              selvage peer chaincode query -C mychannel -n notes -c '{"Args":["get","a"]}'
            \(PeerCommand.exitCodes)
            """)

    struct Document: Encodable {
        var payload: String
        var payloadBase64: String
    }

    @OptionGroup var call: ChaincodeCallOptions

    @Flag(name: [.customShort("x"), .customLong("hex")], help: "Print the answer as hexadecimal digits.")
    var hex = false

    @Flag(name: [.customShort("r"), .customLong("raw")], help: "Print the answer's bytes as they are, without an end of line.")
    var raw = false

    @OptionGroup var targets: PeerTargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if self.hex, self.raw { throw ValidationError("give --hex or --raw, not both") }
    }

    func run() async throws {
        try await PeerCommandRun.run("peer chaincode query") {
            try await PeerSession.open(self.targets, channel: self.call.channel) { [call, hex, raw, output] session in
                let payload = try await session.gateway(orderer: NoOrderer()).evaluate(
                    call.call(), transient: call.transient?.entries ?? [], on: session.first)
                if raw, output.format == .text {
                    Console.bytes(payload)
                    return
                }
                let text = hex ? Base16.encode(payload) : String(decoding: payload, as: UTF8.self)
                try output.show(Document(payload: text, payloadBase64: ChaincodeInput.base64(payload))) { [text] }
            }
        }
    }
}
