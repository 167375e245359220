import Chaincode
import RecordSharing

/// What an upload says about the ciphertext: where it lies and how its shares are spread. The `index` argument of `uploadEMRInformation`.
struct RecordIndex {
    private static let members = [
        "objectDigest", "size", "storeRef", "commitment", "fragmentRoot", "threshold", "count", "epoch", "custodians",
    ]

    let json: JSONValue
    let objectDigest: [UInt8]

    /// Checks every member; throws `malformed` (400) naming it, or `placement` (400) with the rule that the custodians break.
    init(_ json: JSONValue) throws(ContractError) {
        guard let object = json.object, object.count == Self.members.count, Self.members.allSatisfy({ json[$0] != nil }) else {
            throw Input.malformed("index", "an object of exactly " + Self.members.joined(separator: ", "))
        }
        objectDigest = try Input.hex(try Self.text(json, "objectDigest"), bytes: 32, "objectDigest")
        _ = try Input.hex(try Self.text(json, "commitment"), bytes: 32, "commitment")
        _ = try Input.hex(try Self.text(json, "fragmentRoot"), bytes: 32, "fragmentRoot")
        try Input.storeReference(try Self.text(json, "storeRef"), "storeRef")
        _ = try Self.number(json, "size", 1...Limits.objectBytes)
        _ = try Self.number(json, "epoch", 0...Int64(UInt32.max))
        let threshold = try Self.number(json, "threshold", 2...Int64(Limits.fragments))
        let count = try Self.number(json, "count", threshold...Int64(Limits.fragments))
        try Self.checkCustodians(json, threshold: Int(threshold), count: Int(count))
        self.json = json
    }

    private static func checkCustodians(_ json: JSONValue, threshold: Int, count: Int) throws(ContractError) {
        guard let custodians = json["custodians"]?.array, custodians.count == count else {
            throw Input.malformed("custodians", "an array of \(count) membership service ids, one for each share index")
        }
        var organisations: [String] = []
        for custodian in custodians {
            guard let organisation = custodian.string else { throw Input.malformed("custodians", "an array of membership service ids") }
            try Input.mspID(organisation, "custodians")
            organisations.append(organisation)
        }
        do throws(PlacementError) {
            try Placement.check(organisations: organisations, threshold: threshold)
        } catch {
            throw .refused("placement", error.description)
        }
    }

    private static func text(_ json: JSONValue, _ name: String) throws(ContractError) -> String {
        guard let value = json[name]?.string else { throw Input.malformed(name, "a string") }
        return value
    }

    private static func number(_ json: JSONValue, _ name: String, _ bounds: ClosedRange<Int64>) throws(ContractError) -> Int64 {
        guard let value = json[name]?.integer, bounds.contains(value) else {
            throw Input.malformed(name, "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return value
    }
}
