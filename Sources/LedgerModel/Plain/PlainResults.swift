// The endorsed results of a transaction as `PlainReader` reads them.

extension ProposalResponsePayload: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> ProposalResponsePayload? {
        var reader = PlainReader(bytes)
        var payload = ProposalResponsePayload(proposalHash: [], actionBytes: [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: payload.proposalHash = reader.array()
            case 0x12: payload.actionBytes = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? payload : nil
    }
}

extension ChaincodeResponse: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> ChaincodeResponse? {
        var reader = PlainReader(bytes)
        var response = ChaincodeResponse(status: 0)
        while let tag = reader.tag() {
            switch tag {
            case 0x08: response.status = Int32(truncatingIfNeeded: reader.varint())
            case 0x12: response.message = String(decoding: reader.text(), as: UTF8.self)
            case 0x1A: response.payload = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? response : nil
    }
}

/// `protos.ChaincodeID` without the path.
private struct PlainChaincodeID: PlainMessage {
    var name = Namespace(utf8: [])
    var version = ""

    static func plain(_ bytes: UnsafeRawBufferPointer) -> PlainChaincodeID? {
        var reader = PlainReader(bytes)
        var id = PlainChaincodeID()
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: _ = reader.text()
            case 0x12: id.name = Namespace(utf8: reader.text())
            case 0x1A: id.version = String(decoding: reader.text(), as: UTF8.self)
            default: return nil
            }
        }
        return reader.isComplete ? id : nil
    }
}

extension ChaincodeAction: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> ChaincodeAction? {
        var reader = PlainReader(bytes)
        var action = ChaincodeAction(results: [], events: [], response: ChaincodeResponse(status: 0), chaincode: nil, chaincodeVersion: "")
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: action.results = reader.array()
            case 0x12: action.events = reader.array()
            case 0x1A:
                guard let response = ChaincodeResponse.plain(reader.content()) else { return nil }
                action.response = response
            case 0x22:
                guard let id = PlainChaincodeID.plain(reader.content()) else { return nil }
                action.chaincode = id.name
                action.chaincodeVersion = id.version
            default: return nil
            }
        }
        return reader.isComplete ? action : nil
    }
}

extension ChaincodeHeaderExtension: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> ChaincodeHeaderExtension? {
        var reader = PlainReader(bytes)
        var chaincode: Namespace?
        while let tag = reader.tag() {
            guard tag == 0x12, let id = PlainChaincodeID.plain(reader.content()) else { return nil }
            chaincode = id.name
        }
        return reader.isComplete ? ChaincodeHeaderExtension(chaincode: chaincode) : nil
    }
}

extension ChaincodeEvent: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> ChaincodeEvent? {
        var reader = PlainReader(bytes)
        var event = ChaincodeEvent(chaincode: Namespace(utf8: []), transactionID: TransactionID(utf8: []), name: "", payload: [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: event.chaincode = Namespace(utf8: reader.text())
            case 0x12: event.transactionID = TransactionID(utf8: reader.text())
            case 0x1A: event.name = String(decoding: reader.text(), as: UTF8.self)
            case 0x22: event.payload = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? event : nil
    }
}

extension ReadWriteSet: PlainMessage {
    /// Read-write sets of public keys only; those with private data are left to the general decoder.
    static func plain(_ bytes: UnsafeRawBufferPointer) -> ReadWriteSet? {
        var reader = PlainReader(bytes)
        var set = ReadWriteSet()
        while let tag = reader.tag(repeated: 0x12) {
            switch tag {
            case 0x08: _ = reader.varint()
            case 0x12:
                guard let part = NamespaceReadWriteSet.plain(reader.content()) else { return nil }
                set.namespaces.append(part)
            default: return nil
            }
        }
        return reader.isComplete ? set : nil
    }
}

extension NamespaceReadWriteSet: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> NamespaceReadWriteSet? {
        var reader = PlainReader(bytes)
        var part = NamespaceReadWriteSet(namespace: Namespace(utf8: []))
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: part.namespace = Namespace(utf8: reader.text())
            case 0x12: guard part.readPlain(reader.content()) else { return nil }
            default: return nil
            }
        }
        return reader.isComplete ? part : nil
    }

    /// Takes a `kvrwset.KVRWSet` of reads and writes; false when there is more in it.
    private mutating func readPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Two fields may repeat, and both have to be told apart from one that comes back after another.
        var reader = PlainReader(bytes)
        var repeated: UInt8 = 0x0A
        while let tag = reader.tag(repeated: repeated) {
            repeated = tag
            switch tag {
            case 0x0A:
                guard let read = KeyRead.plain(reader.content()) else { return false }
                self.reads.append(read)
            case 0x1A:
                guard let write = KeyWrite.plain(reader.content()) else { return false }
                self.writes.append(write)
            default: return false
            }
        }
        return reader.isComplete
    }
}

extension KeyRead: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> KeyRead? {
        var reader = PlainReader(bytes)
        var read = KeyRead(key: StateKey(utf8: []), version: nil)
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: read.key = StateKey(utf8: reader.text())
            case 0x12:
                guard let version = StateVersion.plain(reader.content()) else { return nil }
                read.version = version
            default: return nil
            }
        }
        return reader.isComplete ? read : nil
    }
}

extension StateVersion: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> StateVersion? {
        var reader = PlainReader(bytes)
        var (block, transaction): (UInt64, UInt64) = (0, 0)
        while let tag = reader.tag() {
            switch tag {
            case 0x08: block = reader.varint()
            case 0x10: transaction = reader.varint()
            default: return nil
            }
        }
        return reader.isComplete ? StateVersion(block: block, transaction: transaction) : nil
    }
}

extension KeyWrite: PlainMessage {
    static func plain(_ bytes: UnsafeRawBufferPointer) -> KeyWrite? {
        var reader = PlainReader(bytes)
        var write = KeyWrite(key: StateKey(utf8: []), isDelete: false, value: [])
        while let tag = reader.tag() {
            switch tag {
            case 0x0A: write.key = StateKey(utf8: reader.text())
            case 0x10: write.isDelete = reader.varint() != 0
            case 0x1A: write.value = reader.array()
            default: return nil
            }
        }
        return reader.isComplete ? write : nil
    }
}
