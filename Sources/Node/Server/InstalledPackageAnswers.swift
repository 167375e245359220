import FabricMessages
import LedgerModel

/// Joins what the channels of a node say about its packages: each knows which of its own chaincodes run with a package.
enum InstalledPackageAnswers {
    /// Whether a call asks for what is joined here.
    static func isAbout(_ call: ChaincodeCall) -> Bool {
        guard call.chaincode == ChaincodeDefinition.lifecycleNamespace, let function = call.arguments.first else { return false }
        return function.elementsEqual("QueryInstalledChaincodes".utf8) || function.elementsEqual("QueryInstalledChaincode".utf8)
    }

    /// One answer out of those of all channels; the first that is an error stands for all.
    ///
    /// - Throws: `MessageError` when an answer is not the message that it should be.
    static func join(_ answers: [ProposalResponse], for call: ChaincodeCall) throws(MessageError) -> ProposalResponse? {
        guard let first = answers.first else { return nil }
        if let error = answers.first(where: { $0.response.status != 200 }) { return error }
        let isAboutAll = call.arguments.first?.elementsEqual("QueryInstalledChaincodes".utf8) ?? false
        var payloads: [[UInt8]] = []
        for answer in answers { payloads.append(answer.response.payload) }
        let payload = isAboutAll ? try self.all(payloads) : try self.one(payloads)
        return ProposalResponse(
            response: ChaincodeResponse(status: 200, message: first.response.message, payload: payload), payload: [], endorsement: nil)
    }

    private static func one(_ payloads: [[UInt8]]) throws(MessageError) -> [UInt8] {
        var joined: Lifecycle_QueryInstalledChaincodeResult?
        for payload in payloads {
            let next = try Lifecycle_QueryInstalledChaincodeResult.decode(payload, as: "installed chaincode")
            joined?.references.merge(next.references) { known, _ in known }
            joined = joined ?? next
        }
        return joined?.encoded() ?? []
    }

    private static func all(_ payloads: [[UInt8]]) throws(MessageError) -> [UInt8] {
        var joined: Lifecycle_QueryInstalledChaincodesResult?
        for payload in payloads {
            let next = try Lifecycle_QueryInstalledChaincodesResult.decode(payload, as: "installed chaincodes")
            guard var known = joined else {
                joined = next
                continue
            }
            // A package that was installed between two answers is shown without the references of the first channel.
            for package in next.installedChaincodes {
                if let index = known.installedChaincodes.firstIndex(where: { $0.packageID.utf8.elementsEqual(package.packageID.utf8) }) {
                    known.installedChaincodes[index].references.merge(package.references) { known, _ in known }
                } else {
                    known.installedChaincodes.append(package)
                }
            }
            joined = known
        }
        return joined?.encoded() ?? []
    }
}
