// A block as `PlainReader` reads it, and as it is written: `common.Block { 1 header, 2 data, 3 metadata }` (interop 4.7).

/// The fields of a `common.Block`, nothing judged.
struct PlainBlock: PlainMessage {
    var number: UInt64 = 0
    var previousHash: [UInt8] = []
    var dataHash: [UInt8] = []
    var envelopes: [[UInt8]] = []
    var metadata: [[UInt8]] = []

    static func plain(_ bytes: UnsafeRawBufferPointer) -> PlainBlock? {
        var reader = PlainReader(bytes)
        var block = PlainBlock()
        // A block without a header is left to the general decoder, and refused.
        guard reader.tag() == 0x0A, block.readHeader(reader.content()) else { return nil }
        while let tag = reader.tag() {
            switch tag {
            case 0x12:
                guard let items = Self.items(reader.content()) else { return nil }
                block.envelopes = items
            case 0x1A:
                guard let items = Self.items(reader.content()) else { return nil }
                block.metadata = items
            default: return nil
            }
        }
        return reader.isComplete ? block : nil
    }

    private mutating func readHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var reader = PlainReader(bytes)
        while let tag = reader.tag() {
            switch tag {
            case 0x08: self.number = reader.varint()
            case 0x12: self.previousHash = reader.array()
            case 0x1A: self.dataHash = reader.array()
            default: return false
            }
        }
        return reader.isComplete
    }

    /// The content of a message whose only field, number 1, repeats.
    private static func items(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]]? {
        var reader = PlainReader(bytes)
        var items: [[UInt8]] = []
        while let tag = reader.tag(repeated: 0x0A) {
            guard tag == 0x0A else { return nil }
            items.append(reader.array())
        }
        return reader.isComplete ? items : nil
    }
}

extension OrderedBlock {
    /// Fabric's bytes of the block.
    ///
    /// Written in one go into memory of the right size: a block is the largest thing that is ever written, and each of its parts would be
    /// copied three times by the general encoder.
    package func serialized() -> [UInt8] {
        var header: [UInt8] = []
        if self.number.rawValue != 0 {
            header.append(0x08)
            header.appendVarint(self.number.rawValue)
        }
        if !self.previousHash.isEmpty { header.appendField(0x12, self.previousHash) }
        if !self.dataHash.isEmpty { header.appendField(0x1A, self.dataHash) }
        let dataSize = Self.size(ofItems: self.envelopes)
        let metadataSize = Self.size(ofItems: self.metadata)
        var bytes: [UInt8] = []
        // Three tags with lengths of at most five bytes each.
        bytes.reserveCapacity(18 + header.count + dataSize + metadataSize)
        bytes.appendField(0x0A, header)
        bytes.append(0x12)
        bytes.appendVarint(UInt64(dataSize))
        for envelope in self.envelopes { bytes.appendField(0x0A, envelope) }
        bytes.append(0x1A)
        bytes.appendVarint(UInt64(metadataSize))
        for slot in self.metadata { bytes.appendField(0x0A, slot) }
        return bytes
    }

    private static func size(ofItems items: [[UInt8]]) -> Int {
        items.reduce(0) { $0 + 1 + [UInt8].varintSize($1.count) + $1.count }
    }
}

extension [UInt8] {
    /// Appends the shortest base-128 form, low groups first.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a tag, a length and the content, which may be empty.
    mutating func appendField(_ tag: UInt8, _ content: [UInt8]) {
        self.append(tag)
        self.appendVarint(UInt64(content.count))
        self.append(contentsOf: content)
    }

    /// How many bytes the base-128 form of a count takes.
    static func varintSize(_ value: Int) -> Int {
        Swift.max(1, (Int.bitWidth - value.leadingZeroBitCount + 6) / 7)
    }
}
