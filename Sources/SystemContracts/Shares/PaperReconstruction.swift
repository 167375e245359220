import Chaincode
import CryptoPrimitives
import RecordSharing

/// The paper's Eq. (2) as a contract function, for public test records only: its scheme disperses and does not hide.
enum PaperReconstruction {
    static func reconstructPaper(
        _ context: Context, _ threshold: Int64, _ count: Int64, _ shares: JSONValue
    ) throws(ContractError) -> JSONValue {
        guard (2...Int64(Limits.paperShares)).contains(count) else {
            throw Input.malformed("count", "from 2 to \(Limits.paperShares)")
        }
        guard (2...count).contains(threshold) else { throw Input.malformed("threshold", "from 2 to count") }
        guard let files = shares.array, files.count <= Int(count) else {
            throw Input.malformed("shares", "an array of at most count share files in hexadecimal")
        }
        var parsed: [LightweightShare] = []
        for file in files {
            parsed.append(try share(file, threshold: threshold, count: count))
        }
        do throws(LightweightSharingError) {
            let recovery = try LightweightSharing.recover(parsed)
            return [
                "notice": "public test records only", "record": .string(Base16.encode(recovery.record)),
                "wrongShares": .array(recovery.wrongShares.map { .integer(Int64($0)) }),
            ]
        } catch {
            switch error {
            case .notEnoughShares: throw .refused("not-enough-shares", error.description)
            case .inconsistentShares: throw .refused("inconsistent-shares", error.description)
            default: throw .refused("bad-shares", error.description)
            }
        }
    }

    private static func share(_ file: JSONValue, threshold: Int64, count: Int64) throws(ContractError) -> LightweightShare {
        guard let text = file.string, let bytes = Base16.decode(text) else {
            throw Input.malformed("shares", "an array of share files in hexadecimal")
        }
        let share: LightweightShare
        do throws(LightweightSharingError) {
            share = try LightweightShare(parsing: bytes)
        } catch {
            throw .refused("bad-shares", error.description)
        }
        guard share.threshold == Int(threshold), share.count == Int(count) else {
            throw Input.malformed("shares", "shares of this threshold and count")
        }
        guard share.bitCount <= Limits.paperRecordBits else {
            throw .refused("record-too-long", "public test records have at most \(Limits.paperRecordBits) bits")
        }
        return share
    }
}
