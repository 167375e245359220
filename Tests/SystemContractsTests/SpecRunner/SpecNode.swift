import CryptoPrimitives
import FabricMessages
import LedgerModel
import Synchronization

@testable import SystemContracts

/// The packages of the node of the cases.
final class SpecPackages: ChaincodePackageKeeping {
    private let packages = Mutex<[String: [UInt8]]>([:])

    func packageIDs() throws(ChaincodePackageError) -> [String] { self.packages.withLock { $0.keys.sorted() } }

    func package(_ id: String) throws(ChaincodePackageError) -> [UInt8]? { self.packages.withLock { $0[id] } }

    func keep(_ package: ChaincodePackage) throws(ChaincodePackageError) {
        let isNew = self.packages.withLock { $0.updateValue(package.bytes, forKey: package.id) } == nil
        guard isNew else { throw .alreadyInstalled(id: package.id) }
    }
}

/// A chain of two blocks: a configuration, and a transaction with an id of sixty-four digits 7.
struct SpecBlocks: BlockReading {
    let blocks: [OrderedBlock]
    let id = TransactionID(String(repeating: "7", count: 64))

    init() throws {
        var configuration = Common_ConfigEnvelope()
        configuration.config.sequence = 0
        configuration.config.channelGroup.modPolicy = "Admins"
        func envelope(_ kind: ChannelHeader.Kind, _ id: TransactionID, _ data: [UInt8]) -> [UInt8] {
            let header = ChannelHeader(kind: kind, timestamp: Timestamp(seconds: 1), channelID: "specification", transactionID: id)
            let payload = Payload(
                channelHeaderBytes: header.serialized(), signatureHeaderBytes: SignatureHeader(creator: [1], nonce: [2]).serialized(), data: data)
            return Envelope(payload: payload.serialized(), signature: [3]).serialized()
        }
        let first = OrderedBlock(number: 0, previousHash: [], envelopes: [envelope(.config, "", configuration.encoded())])
        let second = OrderedBlock(
            number: 1, previousHash: first.headerHash, envelopes: [envelope(.endorserTransaction, self.id, [4])]
        ).with(.transactionsFilter, [ValidationCode.mvccReadConflict.rawValue])
        self.blocks = [first.with(.transactionsFilter, [0]), second]
    }

    var blockCount: UInt64 { UInt64(self.blocks.count) }
    var lastBlockHash: [UInt8] { self.blocks[1].headerHash }

    func storedBlock(_ number: BlockNumber) throws(StateReadError) -> OrderedBlock? { self.blocks.first { $0.number == number } }

    func blockNumber(withHash hash: [UInt8]) throws(StateReadError) -> BlockNumber? { self.blocks.first { $0.headerHash == hash }?.number }

    func storedTransaction(_ id: TransactionID) throws(StateReadError) -> StoredTransaction? {
        guard id == self.id else { return nil }
        return StoredTransaction(block: 1, index: 0, code: .mvccReadConflict, envelope: self.blocks[1].envelopes[0])
    }
}
