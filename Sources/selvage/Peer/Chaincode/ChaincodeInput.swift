import ArgumentParser
import CryptoPrimitives
import Foundation
import LedgerModel

/// The arguments of a call as Fabric's command takes them: `{"Args":["fn","a"]}`, or `{"function":"fn","Args":["a"]}`.
struct ChaincodeInput: ExpressibleByArgument, Equatable {
    let arguments: [[UInt8]]

    init?(argument: String) {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(argument.utf8))) as? [String: Any], !object.isEmpty else { return nil }
        var (function, arguments): (String?, [String]?)
        for (key, value) in object {
            switch (key.lowercased(), value) {
            case ("args", let list as [String]): arguments = list
            case ("function", let name as String): function = name
            default: return nil
            }
        }
        guard let arguments else { return nil }
        self.arguments = (function.map { [$0] } ?? []).map { Array($0.utf8) } + arguments.map { Array($0.utf8) }
    }

    static func base64(_ bytes: [UInt8]) -> String { Base64.encode(bytes) }
}

/// Private inputs of a call: a JSON map from names to values in base64.
struct TransientInput: ExpressibleByArgument, Equatable {
    let entries: [TransientEntry]

    init?(argument: String) {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(argument.utf8))) as? [String: String] else { return nil }
        var entries: [TransientEntry] = []
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            guard let data = Data(base64Encoded: value) else { return nil }
            entries.append(TransientEntry(name: name, value: [UInt8](data)))
        }
        self.entries = entries
    }
}

/// Which chaincode is called, and how; Fabric's flags.
struct ChaincodeCallOptions: ParsableArguments {
    @Option(name: [.customShort("C"), .customLong("channelID")], help: "The channel.")
    var channel: String

    @Option(name: [.customShort("n"), .customLong("name")], help: "The chaincode.")
    var name: String

    @Option(
        name: [.customShort("c"), .customLong("ctor")],
        help: ArgumentHelp("The call: {\"Args\":[\"function\",\"a\"]} or {\"function\":\"f\",\"Args\":[\"a\"]}.", valueName: "json"))
    var input: ChaincodeInput

    @Option(help: ArgumentHelp("Private inputs: a JSON map from names to values in base64.", valueName: "json"))
    var transient: TransientInput?

    func call(isInit: Bool = false) -> ChaincodeCall {
        ChaincodeCall(chaincode: Namespace(self.name), arguments: self.input.arguments, isInit: isInit)
    }
}
