/// Decoders with mistakes that a fuzzing run must find; they read fields as protobuf has them: a varint with number and kind, then content.
enum PlantedTarget {
    /// Makes room for what a length field claims before it looks whether so much is there.
    static func length(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes[...])
        while let key = reader.varint(), key & 7 == 2, let length = reader.varint() {
            var content: [UInt8] = []
            content.reserveCapacity(Int(min(length, 1 << 32)))
            guard length <= UInt64(reader.bytes.count) else { return }
            content += reader.bytes.prefix(Int(length))
            reader.bytes = reader.bytes.dropFirst(Int(length))
        }
    }

    /// Checks a length against the bytes with its own field, not against those behind it: a cut in the right place is read past its end.
    static func index(_ bytes: [UInt8]) throws(FuzzFinding) {
        var reader = Reader(bytes: bytes[...])
        while true {
            let field = reader.bytes.count
            guard let key = reader.varint(), key & 7 == 2, let length = reader.varint() else { return }
            guard length <= UInt64(field) else { return }
            // Where a decoder without bounds checks would read on, this one says so.
            guard length <= UInt64(reader.bytes.count) else { throw FuzzFinding("a field ends where its bytes end") }
            reader.bytes = reader.bytes.dropFirst(Int(length))
        }
    }

    /// Goes on to the next field by its length, and forgets that a field may be empty.
    static func loop(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes[...])
        while !reader.bytes.isEmpty {
            let before = reader
            guard let key = reader.varint(), key & 7 == 2, let length = reader.varint(), length <= UInt64(reader.bytes.count) else { return }
            reader.bytes = length == 0 ? before.bytes : reader.bytes.dropFirst(Int(length))
        }
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 63, by: 7) {
                guard let byte = self.bytes.popFirst() else { return nil }
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }
    }
}
