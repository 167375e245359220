import CryptoPrimitives

/// Repair of a lost share without showing any helper's key share to anybody, the target included.
///
/// 1. Each of t helpers splits (Lagrange factor x its key share) into t random parts that XOR to it: ``EMS1/repairParts(ofShare:helpers:target:)``
///    and sends one to each helper, itself included.
/// 2. Each helper sends the target the XOR of the parts it received: ``EMS1/repairSum(ofParts:)``.
/// 3. The target XORs the t sums, computes its fragment from t fragments, and accepts the share only if its hash is the one the custodians kept:
///    ``EMS1/repair(target:epoch:sums:fragments:fragmentCommitment:leafHashes:commitment:)``.
///
/// Helpers are assumed to follow the protocol; a deviation is found in step 3 but not attributed.
extension EMS1 {
    /// Step 1: one part for each helper, in the order of `helpers`, which are t different indexes with this share's among them.
    public static func repairParts(ofShare share: [UInt8], helpers: [Int], target: Int) throws(EMS1RepairError) -> [[UInt8]] {
        var random = SystemRandomSource()
        return try repairParts(ofShare: share, helpers: helpers, target: target, random: &random)
    }

    /// As the public form, with the randomness given.
    package static func repairParts(
        ofShare share: [UInt8], helpers: [Int], target: Int, random: inout some RandomSource
    ) throws(EMS1RepairError) -> [[UInt8]] {
        let parsed: EMS1Share
        do { parsed = try EMS1Share(parsing: share) } catch { throw .badShare(error) }
        guard helpers.count == parsed.header.threshold, Set(helpers).count == helpers.count, helpers.contains(parsed.index),
            helpers.allSatisfy({ (0..<parsed.count).contains($0) }), (0..<parsed.count).contains(target), !helpers.contains(target)
        else { throw .badHelpers }
        let factor = KeyPolynomial.lagrange(index: parsed.index, among: helpers, at: UInt8(target + 1))
        var rest = KeyPolynomial.scaled(parsed.keyShare, by: factor)
        var parts: [[UInt8]] = []
        for _ in helpers.dropLast() {
            let part = random.bytes(count: KeyPolynomial.keyBytes)
            rest = KeyPolynomial.exclusiveOr(rest, part)
            parts.append(part)
        }
        return parts + [rest]
    }

    /// Step 2, and the first half of step 3: the XOR of 32-byte parts.
    public static func repairSum(ofParts parts: [[UInt8]]) throws(EMS1RepairError) -> [UInt8] {
        guard !parts.isEmpty, parts.count <= Limits.sharesPerRecord, parts.allSatisfy({ $0.count == KeyPolynomial.keyBytes }) else { throw .badPart }
        return parts.reduce([UInt8](repeating: 0, count: KeyPolynomial.keyBytes), KeyPolynomial.exclusiveOr)
    }

    /// Step 3: the repaired share file, accepted only under the old commitment.
    public static func repair(
        target: Int, epoch: UInt32, sums: [[UInt8]], fragments: [[UInt8]], fragmentCommitment: FragmentCommitment, leafHashes: [[UInt8]],
        commitment: [UInt8]
    ) throws(EMS1RepairError) -> [UInt8] {
        let keyShare = try repairSum(ofParts: sums)
        let selection: EMS1Selection<EMS1Fragment>
        let padded: [UInt8]
        let first: EMS1Fragment
        do throws(EMS1Error) {
            selection = try EMS1Selection(
                fragments, parse: { bytes throws(EMS1ShareError) in try EMS1Fragment(parsing: bytes) }, index: \.index,
                isCommitted: { $0.leads(to: fragmentCommitment.root) })
            let chosen = try selection.chosen(threshold: selection.accepted.first?.header.threshold, index: \.index)
            first = chosen[0]
            padded = try recombine(chosen.map { ($0.index, $0.fragment) }, header: first.header, count: first.count)
        } catch {
            throw .badFragments(error)
        }
        guard (0..<first.count).contains(target), leafHashes.count == first.count,
            let dispersal = CauchyDispersal(threshold: first.header.threshold, count: first.count)
        else { throw .badHelpers }
        let share = EMS1Share(
            header: first.header, epoch: epoch, count: first.count, index: target, keyShare: keyShare,
            path: HashTree.path(to: target, in: leafHashes[...]), fragment: dispersal.fragment(target, of: padded))
        guard share.leaf == leafHashes[target], share.leads(to: commitment) else { throw .doesNotMatchCommitment }
        return share.bytes
    }
}

/// Why the repair of a share failed.
public enum EMS1RepairError: Error, Equatable, Sendable, CustomStringConvertible {
    case badShare(EMS1ShareError)
    case badFragments(EMS1Error)
    case badHelpers
    case badPart
    case doesNotMatchCommitment

    /// What happened and what to do about it.
    public var description: String {
        switch self {
        case .badShare(let error): "the helper's own share cannot be read: \(error)"
        case .badFragments(let error): "the fragment cannot be computed: \(error)"
        case .badHelpers: "name exactly t different helpers below n, this one among them and the target not"
        case .badPart: "a part must be 32 bytes, and there must be at least one"
        case .doesNotMatchCommitment: "the repaired share does not lead to the commitment: a helper sent a wrong part; repeat with other helpers"
        }
    }
}
