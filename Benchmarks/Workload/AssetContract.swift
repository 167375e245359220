import Chaincode

/// The contract of the measured transactions: one get and one put of 100 bytes.
struct AssetContract: Contract {
    /// Bytes of every stored value.
    static let valueBytes = 100

    let name = "assets"

    var transactions: [Transaction] {
        [
            .submit("fill", "count") { (context: Context, count: UInt64) throws(ContractError) in
                for index in 0..<count { try context.putState(Self.key(index), [UInt8](repeating: 0x30, count: Self.valueBytes)) }
            },
            // The note only makes the proposal as large as a usual one.
            .submit("change", "key", "value", "note") { (context: Context, key: String, value: [UInt8], _: [UInt8]) throws(ContractError) in
                let old = try context.getState(key, orNotFound: "the asset")
                try context.putState(key, value)
                try context.setEvent("changed", Array(old.prefix(8)))
            },
        ]
    }

    static func key(_ index: UInt64) -> String { "asset-\(index)" }
}
