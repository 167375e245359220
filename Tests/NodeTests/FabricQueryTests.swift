import ContractVM
import CryptoPrimitives
import Endorsement
import FabricMessages
import Identity
import LedgerModel
import SystemContracts
import TestSupport
import Testing

@testable import ChannelConfiguration
@testable import Ledger

/// Proposals to `qscc` and `cscc` that a stock client sent to a stock peer, answered by ours on the same ledger with the same keys.
@Suite(.enabled(if: SharedData.contains("vectors/fabric/grpc"), SharedData.reason))
struct FabricQueryTests {
    /// The peer of the vectors; at height 10 the queries were made.
    private struct Peer {
        let ledger: Ledger
        let folder: TemporaryFolder
        let endorser: Endorser

        init(height: Int = 10) throws {
            self.folder = try TemporaryFolder("fabric-queries")
            self.ledger = try Ledger.open(folder: self.folder.path)
            for number in 0..<height {
                let block = try FabricQueryTests.block(number)
                let head = self.ledger.snapshot().head
                try self.ledger.commit(
                    try BlockEffects.derive(
                        from: block, codes: try #require(block.storedCodes), state: self.ledger.snapshot(), previousCommitHash: head.commitHash))
            }
            self.endorser = Endorser(
                identity: try FabricQueryTests.identity("Org1MSP", "org1.lab/peers/peer0.org1.lab", "peer0.org1.lab"),
                bundle: try ChannelBundle(block: FabricQueryTests.block(0)),
                machine: ContractMachine(catalogue: SystemContracts.catalogue(contracts: []), now: { 0 }))
        }

        func answer(_ signed: SignedProposal) throws -> ProposalResponse {
            let header = try ReceivedProposal(signed).channelHeader
            return try self.endorser.process(signed, on: self.ledger.snapshot(), now: try #require(header.timestamp))
        }
    }

    private static func file(_ name: String) throws -> [UInt8] { try #require(SharedData.read("vectors/fabric/" + name), "\(name)") }

    private static func block(_ number: Int) throws -> OrderedBlock {
        try OrderedBlock(serialized: try self.file("blocks/block_" + (number < 10 ? "00" : "0") + String(number) + ".pb"))
    }

    private static func identity(_ mspID: MSPID, _ folder: String, _ name: String) throws -> SigningIdentity {
        let msp = "crypto/peerOrganizations/\(folder)/msp/"
        return try SigningIdentity(
            mspID: mspID, certificate: try Certificate(pem: self.file(msp + "signcerts/\(name)-cert.pem")),
            key: try SigningKey(pem: String(decoding: self.file(msp + "keystore/priv_sk"), as: UTF8.self)))
    }

    private static func user(_ name: String = "User1", of organization: Int = 1) throws -> SigningIdentity {
        let name = "\(name)@org\(organization).lab"
        return try self.identity(MSPID("Org\(organization)MSP"), "org\(organization).lab/users/\(name)", name)
    }

    private static func proposal(_ name: String) throws -> SignedProposal {
        let message = try Protos_SignedProposal(serializedBytes: try self.file("grpc/signed_proposal_\(name).pb"))
        return SignedProposal(proposalBytes: message.proposalBytes.byteArray, signature: message.signature.byteArray)
    }

    @Test(arguments: ["qscc_GetChainInfo", "qscc_GetBlockByNumber", "cscc_GetConfigBlock"])
    func `an answer on a channel is the stock peer's, in all that it signed`(_ name: String) throws {
        let theirs = try Protos_ProposalResponse(serializedBytes: try Self.file("grpc/proposal_response_\(name).pb"))
        let ours = try Peer().answer(try Self.proposal(name))
        #expect(ours.response.status == theirs.response.status)
        #expect(ours.response.payload == theirs.response.payload.byteArray)
        #expect(ours.payload == theirs.payload.byteArray)
        // The signature is made anew and differs; whose it is does not.
        #expect(ours.endorsement?.endorser == theirs.endorsement.endorser.byteArray)
    }

    @Test func `an answer without a channel is the stock peer's, and is not endorsed`() throws {
        let theirs = try Protos_ProposalResponse(serializedBytes: try Self.file("grpc/proposal_response_cscc_GetChannels.pb"))
        let ours = try Peer().answer(try Self.proposal("cscc_GetChannels"))
        #expect(ours.response.status == 200 && ours.response.payload == theirs.response.payload.byteArray)
        #expect(theirs.payload.isEmpty && !theirs.hasEndorsement)
        #expect(ours.payload.isEmpty && ours.endorsement == nil)
    }

    private static func ask(
        _ peer: Peer, _ chaincode: Namespace, _ arguments: [[UInt8]], channel: ChannelID = "labch", as identity: SigningIdentity? = nil
    ) throws -> ProposalResponse {
        let identity = try identity ?? self.user()
        let nonce = SHA256.hash(arguments.flatMap { $0 } + channel.utf8)
        var target = Protos_ChaincodeHeaderExtension()
        target.chaincodeID.name = chaincode.text
        let header = ChannelHeader(
            kind: .endorserTransaction, timestamp: Timestamp(seconds: 1_795_228_646), channelID: channel,
            transactionID: Formulas.transactionID(nonce: nonce, creator: identity.serialized), extensionBytes: target.encoded())
        let bytes = Proposal(
            channelHeaderBytes: header.serialized(),
            signatureHeaderBytes: SignatureHeader(creator: identity.serialized, nonce: nonce).serialized(),
            payloadBytes: ProposalPayload(chaincode: chaincode, arguments: arguments).serialized()
        ).serialized()
        return try peer.answer(SignedProposal(proposalBytes: bytes, signature: try identity.sign(bytes)))
    }

    private static func text(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    @Test func `blocks are found by number, by hash, by transaction, and the largest number is the last`() throws {
        let peer = try Peer()
        let fifth = try Self.block(5)
        let last = try Self.ask(peer, "qscc", Self.text("GetBlockByNumber", "labch", "18446744073709551615"))
        #expect(last.response.payload == (try Self.block(9).serialized()))
        let byHash = try Self.ask(peer, "qscc", Self.text("GetBlockByHash", "labch") + [fifth.headerHash])
        #expect(byHash.response.payload == fifth.serialized())
        let id = "e26196b083c3fe21d53ed210acfe014f55a16379f682f3352a0f83d5780da476"
        #expect(try Self.ask(peer, "qscc", Self.text("GetBlockByTxID", "labch", id)).response.payload == fifth.serialized())
        let transaction = try Protos_ProcessedTransaction(
            serializedBytes: Self.ask(peer, "qscc", Self.text("GetTransactionByID", "labch", id)).response.payload)
        #expect(transaction.validationCode == 0)
        #expect(transaction.transactionEnvelope.encoded() == fifth.envelopes[0])
    }

    @Test func `everything that is not there is a 500 with a reason`() throws {
        let peer = try Peer()
        let wrong: [([[UInt8]], String)] = [
            (Self.text("GetBlockByNumber", "labch", "10"), "not-found"), (Self.text("GetBlockByNumber", "labch", "-1"), "invalid-arguments"),
            (Self.text("GetBlockByNumber", "labch", ""), "invalid-arguments"),
            (Self.text("GetBlockByNumber", "labch", "18446744073709551616"), "invalid-arguments"),
            (Self.text("GetBlockByNumber", "labch"), "invalid-arguments"), (Self.text("GetChainInfo"), "invalid-arguments"),
            (Self.text("GetChainInfo", "other"), "unknown-channel"), (Self.text("GetBlockByHash", "labch", "x"), "not-found"),
            (Self.text("GetTransactionByID", "labch", "x"), "not-found"), (Self.text("GetBlockByTxID", "labch", "x"), "not-found"),
            (Self.text("GetNothing", "labch"), "unknown-function"),
        ]
        for (arguments, code) in wrong {
            let answer = try Self.ask(peer, "qscc", arguments)
            #expect(answer.response.status == 500 && answer.response.message.hasPrefix(code + ": "), "\(answer.response.message)")
            #expect(answer.endorsement == nil)
        }
    }

    @Test func `the newest configuration block counts, and the configuration in it is given on request`() throws {
        let peer = try Peer(height: 74)
        let block = try Self.ask(peer, "cscc", Self.text("GetConfigBlock", "labch"))
        #expect(block.response.payload == (try Self.block(64).serialized()))
        let config = try Common_Config(serializedBytes: Self.ask(peer, "cscc", Self.text("GetChannelConfig", "labch")).response.payload)
        #expect(config == (try ChannelBundle(block: Self.block(64)).config))
        let join = try Self.ask(peer, "cscc", Self.text("JoinChain") + [[1]], as: try Self.user("Admin"))
        #expect(join.response.status == 500 && join.response.message.hasPrefix("not-supported: "))
    }

    @Test func `functions of administrators are refused to others, and without a channel only members of the own organisation are heard`() throws {
        let peer = try Peer()
        for function in ["QueryInstalledChaincodes", "ApproveChaincodeDefinitionForMyOrg", "QueryApprovedChaincodeDefinition"] {
            let answer = try Self.ask(peer, "_lifecycle", Self.text(function) + [[]])
            #expect(answer.response.status == 500 && answer.response.message.contains("no administrator of Org1MSP"), "\(function)")
        }
        #expect(try Self.ask(peer, "cscc", Self.text("JoinChain") + [[1]]).response.message.contains("no administrator"))
        let definitions = try Self.ask(peer, "_lifecycle", Self.text("QueryChaincodeDefinitions") + [[]])
        #expect(definitions.response.status == 200 && definitions.endorsement != nil)
        let withoutChannel = try Self.ask(peer, "_lifecycle", Self.text("QueryChaincodeDefinitions") + [[]], channel: "")
        #expect(withoutChannel.response.status == 500 && withoutChannel.response.message.contains("name the channel"))
        let info = try Self.ask(peer, "qscc", Self.text("GetChainInfo", "labch"), channel: "")
        #expect(info.response.status == 200 && info.endorsement == nil && info.payload.isEmpty)
        let foreign = try Self.user(of: 2)
        #expect(throws: EndorsementRefusal.self) { try Self.ask(peer, "qscc", Self.text("GetChainInfo", "labch"), channel: "", as: foreign) }
        #expect(try Self.ask(peer, "qscc", Self.text("GetChainInfo", "labch"), as: foreign).response.status == 200)
        #expect(try Self.ask(peer, "cscc", Self.text("GetChannels"), as: foreign).response.message.contains("no member of Org1MSP"))
    }
}
