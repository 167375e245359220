import CryptoPrimitives

/// Vectors of the paper's scheme (`eq1-vectors/1`).
struct Equation1VectorSet: Decodable {
    let vectors: [Equation1Vector]
}

/// One splitting: parameters, every share, subsets to recover from and cases that must fail.
struct Equation1Vector: Decodable {
    struct Negative: Decodable {
        let kind: String
        let indexes: [Int]
        let replace: [String: String]?
        let error: String?
        let expect: String?
        let expect_bad: [Int]?
    }

    /// What the unchecked Eq. (1) gives for a record that a correct implementation refuses.
    struct Literal: Decodable {
        let w: Int
        let p: String
        let sub_messages: [String]
        let shares: [String]
        let wrong_recovery_hex: String?
        let wrong_recovery_error: String?
    }

    let name: String
    let mode: String
    let t: Int
    let n: Int
    let record_bits: Int
    let record_hex: String
    let error: String?
    let literal: Literal?
    let block_bits: Int?
    let prime: String?
    let w: Int?
    let p: String?
    let blocks: Int?
    let element_bytes: Int?
    let matrix: [[String]]?
    let first_block_sub_messages: [String]?
    let shares: [String]?
    let recover: [[Int]]?
    let negative: [Negative]?

    func run(_ result: inout SharingConformance.SetResult) {
        guard let record = Base16.decode(record_hex) else {
            result.run(name) { "the record is not hexadecimal" }
            return
        }
        let plan: Equation1Plan
        do {
            plan = try makePlan()
        } catch {
            let expected = self.error
            result.run(name) { expected == error.name ? nil : "expected \(expected ?? "shares"), got \(error.name)" }
            return
        }
        if let expected = self.error {
            result.run(name) { refusal(plan, record, expected: expected) }
            if let literal { result.run("\(name), unchecked") { check(literal, plan, record) } }
            return
        }
        guard let payloads = shares?.map({ Base16.decode($0) ?? [] }) else {
            result.run(name) { "the vector has neither shares nor an error" }
            return
        }
        result.run(name) { checkSplit(plan, record, payloads) }
        for subset in recover ?? [] { result.run("\(name), from \(subset)") { checkRecovery(plan, record, payloads, subset) } }
        for negative in negative ?? [] { result.run("\(name), \(negative.kind)") { check(negative, plan, record, payloads) } }
    }

    private func makePlan() throws(LightweightSharingError) -> Equation1Plan {
        switch mode {
        case "paper": return try Equation1Plan(mode: .paper, threshold: t, count: n, bitCount: record_bits)
        case "lossless": return try Equation1Plan(mode: .lossless, threshold: t, count: n, bitCount: record_bits)
        case "block":
            guard let block_bits, let modulus = prime.flatMap(Self.number) else { throw .badShareFormat }
            return try Equation1Plan(block: t, count: n, bitCount: record_bits, width: block_bits, modulus: modulus)
        default: throw .badShareFormat
        }
    }

    /// A number written as 0x... with any number of digits.
    static func number(_ text: String) -> BigNumber? {
        guard text.hasPrefix("0x") else { return nil }
        let digits = String(text.dropFirst(2))
        return Base16.decode(digits.utf8.count % 2 == 0 ? digits : "0" + digits).map { BigNumber(bytes: $0) }
    }

    private func refusal(_ plan: Equation1Plan, _ record: [UInt8], expected: String) -> String? {
        do {
            _ = try plan.split(record)
            return "expected \(expected), got shares"
        } catch {
            return error.name == expected ? nil : "expected \(expected), got \(error.name)"
        }
    }

    private func checkSplit(_ plan: Equation1Plan, _ record: [UInt8], _ expected: [[UInt8]]) -> String? {
        if let w, w != plan.width { return "expected w \(w), got \(plan.width)" }
        if let p, Self.number(p) != plan.modulus { return "another prime" }
        if let blocks, blocks != plan.blocks { return "expected \(blocks) blocks, got \(plan.blocks)" }
        if let element_bytes, element_bytes != plan.elementBytes { return "expected \(element_bytes) bytes an element, got \(plan.elementBytes)" }
        let code: Equation1Code<BigField>
        let found: [[UInt8]]
        do {
            code = try Equation1Code(plan, field: BigField(modulus: plan.modulus))
            found = try plan.split(record)
        } catch {
            return "expected shares, got \(error.name)"
        }
        if let matrix, matrix.map({ $0.map(Self.number) }) != code.matrix.map({ $0.map(Optional.init) }) { return "the matrix differs" }
        if let first = first_block_sub_messages {
            let dealt = record.withUnsafeBufferPointer { code.subMessages($0, block: 0) }
            if first.map(Self.number) != dealt.map(Optional.init) { return "the interleaver deals other sub-messages" }
        }
        return found == expected ? nil : "shares \(zip(found, expected).enumerated().filter { $1.0 != $1.1 }.map { $0.0 + 1 }) differ"
    }

    private func checkRecovery(_ plan: Equation1Plan, _ record: [UInt8], _ payloads: [[UInt8]], _ subset: [Int]) -> String? {
        do {
            let recovery = try plan.recover(subset.map { (index: $0, payload: payloads.indices.contains($0 - 1) ? payloads[$0 - 1] : []) })
            guard recovery.wrongShares.isEmpty else { return "named shares \(recovery.wrongShares) as wrong" }
            return recovery.record == record ? nil : "another record"
        } catch {
            return "expected the record, got \(error.name)"
        }
    }

    private func check(_ negative: Negative, _ plan: Equation1Plan, _ record: [UInt8], _ payloads: [[UInt8]]) -> String? {
        let offered = negative.indexes.map { index in
            let replaced = negative.replace?[String(index)].flatMap(Base16.decode)
            return (index: index, payload: replaced ?? (payloads.indices.contains(index - 1) ? payloads[index - 1] : []))
        }
        do {
            let recovery = try plan.recover(offered)
            if let expected = negative.error { return "expected \(expected), got a record" }
            guard recovery.record == record else { return "another record" }
            let bad = (negative.expect_bad ?? []).sorted()
            return recovery.wrongShares == bad ? nil : "expected wrong shares \(bad), named \(recovery.wrongShares)"
        } catch {
            guard let expected = negative.error else { return "expected the record, got \(error.name)" }
            return error.name == expected ? nil : "expected \(expected), got \(error.name)"
        }
    }

    private func check(_ literal: Literal, _ plan: Equation1Plan, _ record: [UInt8]) -> String? {
        guard literal.w == plan.width, Self.number(literal.p) == plan.modulus else { return "another width or prime" }
        let payloads: [[UInt8]]
        do {
            let code = try Equation1Code(plan, field: BigField(modulus: plan.modulus))
            let dealt = record.withUnsafeBufferPointer { code.subMessages($0, block: 0) }
            guard dealt.map(Optional.init) == literal.sub_messages.map(Self.number) else { return "the interleaver deals other sub-messages" }
            payloads = try code.split(record, unchecked: true)
        } catch {
            return "expected shares, got \(error.name)"
        }
        guard payloads.map(Base16.encode) == literal.shares else { return "unchecked shares differ" }
        do {
            let recovery = try plan.recover((1...t).map { (index: $0, payload: payloads[$0 - 1]) })
            return Base16.encode(recovery.record) == literal.wrong_recovery_hex ? nil : "another wrong record"
        } catch {
            return error.name == literal.wrong_recovery_error ? nil : "expected \(literal.wrong_recovery_error ?? "a record"), got \(error.name)"
        }
    }
}
