import ChannelConfiguration
import LedgerModel
import SelvageClient

/// What the gateway asks of its own peer's ledger.
package protocol GatewayLedger: DeliverSource {
    /// The world state as it is now.
    func worldState() -> any StateReading
    /// The block that holds a transaction; nil when none does.
    func blockNumber(of transaction: TransactionID) throws -> UInt64?
    /// Waits for the verdict on a transaction.
    func commitStatus(of transaction: TransactionID) async throws -> CommitStatus
}

extension PeerNode: GatewayLedger {
    package func worldState() -> any StateReading { self.snapshot() }

    package func blockNumber(of transaction: TransactionID) throws -> UInt64? { try self.snapshot().entry(of: transaction)?.block }
}

/// A peer that the gateway may ask, with the address that errors name it by.
package struct GatewayPeer: Sendable {
    package let connection: any PeerConnection
    package let address: String

    package init(_ connection: any PeerConnection, address: String) {
        self.connection = connection
        self.address = address
    }

    var mspID: MSPID { self.connection.mspID }
}

/// An ordering node that the gateway may send to.
package struct GatewayOrderer: Sendable {
    package let connection: any OrdererConnection
    package let address: String
    package let mspID: MSPID
    /// Whether it orders; a node of a committee that does not passes on what it gets.
    let isInOffice: Bool

    package init(_ connection: any OrdererConnection, address: String, mspID: MSPID, isInOffice: Bool = true) {
        self.connection = connection
        self.address = address
        self.mspID = mspID
        self.isInOffice = isInOffice
    }
}

/// What a gateway knows of one channel.
package struct GatewayChannel: Sendable {
    package let ledger: any GatewayLedger
    /// The peer that the gateway belongs to, then others in the order in which they are asked; one or more of each organisation.
    package let peers: [GatewayPeer]
    package let orderers: [GatewayOrderer]
    /// Whether members of a committee pass on at once what they take, as ours do.
    let passesOn: Bool

    /// - Parameters:
    ///   - local: The peer that the gateway belongs to; its organisation is asked first.
    ///   - passesOn: Whether members of a committee pass on at once what they take, as ours do; those of a stock one wait for it themselves.
    package init(ledger: any GatewayLedger, local: GatewayPeer, others: [GatewayPeer], orderers: [GatewayOrderer], passesOn: Bool = false) {
        self.ledger = ledger
        // Those of the own organisation come before the others, which keep their order.
        self.peers = [local] + others.filter { $0.mspID == local.mspID } + others.filter { $0.mspID != local.mspID }
        self.orderers = orderers
        self.passesOn = passesOn
    }

    var organization: MSPID { self.peers[0].mspID }

    /// Whether peers can run a chaincode: it belongs to them, or the channel has defined it. What cannot be read is theirs to say.
    func defines(_ chaincode: Namespace) -> Bool {
        if ChaincodeDefinition.reservedNames.contains(chaincode) { return true }
        let key = ChaincodeDefinitionFormat.sequenceKey(chaincode)
        do {
            return try self.ledger.worldState().value(at: .key(ChaincodeDefinition.lifecycleNamespace, key)) != nil
        } catch {
            return true
        }
    }
}
