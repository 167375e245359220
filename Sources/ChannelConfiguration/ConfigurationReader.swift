import FabricMessages
import Identity
import LedgerModel

/// Reads typed values out of configuration groups.
struct ConfigurationReader {
    /// Reads one kind of message, as `SomeMessage.decode` does.
    typealias Decoder<Value> = ([UInt8], String) throws(MessageError) -> Value

    /// The value of a name; nil when the group has none.
    func value<Value>(
        _ decode: Decoder<Value>, _ name: String, of group: Common_ConfigGroup, at path: String
    ) throws(ConfigurationError) -> Value? {
        guard let entry = group.values[name] else { return nil }
        do {
            return try decode(entry.value.byteArray, "\(path)/\(name)")
        } catch {
            throw .malformed(error)
        }
    }

    /// The same for a value that must be there.
    func require<Value>(
        _ decode: Decoder<Value>, _ name: String, of group: Common_ConfigGroup, at path: String
    ) throws(ConfigurationError) -> Value {
        guard let value = try self.value(decode, name, of: group, at: path) else { throw .missing(path: "\(path)/\(name)") }
        return value
    }

    /// Only SHA-256 over the flat data exists; anything else would give other block hashes.
    func checkHashing(_ channel: Common_ConfigGroup) throws(ConfigurationError) {
        if let algorithm = try self.value(Common_HashingAlgorithm.decode, "HashingAlgorithm", of: channel, at: "/Channel") {
            guard algorithm.name.utf8.elementsEqual("SHA256".utf8) else {
                throw .invalidValue(path: "/Channel/HashingAlgorithm", reason: "only SHA256 is supported")
            }
        }
        if let structure = try self.value(Common_BlockDataHashingStructure.decode, "BlockDataHashingStructure", of: channel, at: "/Channel") {
            guard structure.width == .max else {
                throw .invalidValue(path: "/Channel/BlockDataHashingStructure", reason: "only the width 4294967295 is supported")
            }
        }
    }

    func capabilities(_ group: Common_ConfigGroup, at path: String) throws(ConfigurationError) -> Set<String> {
        let message = try self.value(Common_Capabilities.decode, "Capabilities", of: group, at: path)
        return Set(message?.capabilities.keys.map { $0 } ?? [])
    }

    func organizations(of group: Common_ConfigGroup, at path: String) throws(ConfigurationError) -> [OrganizationConfiguration] {
        var organizations: [OrganizationConfiguration] = []
        for (name, child) in group.groups.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let childPath = "\(path)/\(name)"
            let message = try self.require(Msp_MSPConfig.decode, "MSP", of: child, at: childPath)
            let msp: MSPConfiguration
            do {
                msp = try MSPConfiguration(message: message)
            } catch {
                throw .membership(error)
            }
            guard !organizations.contains(where: { $0.mspID == msp.name }) else {
                throw .invalidValue(path: "\(childPath)/MSP", reason: "another group of \(path) has the MSP id '\(msp.name)' too")
            }
            let endpoints = try self.value(Common_OrdererAddresses.decode, "Endpoints", of: child, at: childPath)
            let anchors = try self.value(Protos_AnchorPeers.decode, "AnchorPeers", of: child, at: childPath)
            organizations.append(
                OrganizationConfiguration(
                    groupName: name, msp: msp, endpoints: endpoints?.addresses ?? [],
                    anchorPeers: anchors?.anchorPeers.map { AnchorPeer(host: $0.host, port: $0.port) } ?? []))
        }
        return organizations
    }

    /// From V3_0 on every organisation of the ordering service names its own endpoints, and the channel names none (interop 13.1).
    func checkEndpoints(
        global: Common_OrdererAddresses?, of organizations: [OrganizationConfiguration], isVersion3: Bool
    ) throws(ConfigurationError) {
        guard isVersion3 else { return }
        guard global?.addresses.isEmpty ?? true else {
            throw .invalidValue(path: "/Channel/OrdererAddresses", reason: "with V3_0 only organisations of the ordering service name endpoints")
        }
        for organization in organizations where organization.endpoints.isEmpty {
            throw .missing(path: "/Channel/Orderer/\(organization.groupName)/Endpoints")
        }
    }

    func consenters(of orderer: Common_ConfigGroup) throws(ConfigurationError) -> [Consenter] {
        let path = "/Channel/Orderer/Orderers"
        let message = try self.require(Common_Orderers.decode, "Orderers", of: orderer, at: "/Channel/Orderer")
        guard message.consenterMapping.count <= Limits.consenters else { throw .tooLarge(what: "consenters", limit: Limits.consenters) }
        guard !message.consenterMapping.isEmpty else { throw .invalidValue(path: path, reason: "it names no consenter") }
        var ids: Set<UInt32> = []
        for consenter in message.consenterMapping where !ids.insert(consenter.id).inserted {
            throw .invalidValue(path: path, reason: "the id \(consenter.id) appears twice")
        }
        return message.consenterMapping.map { Consenter(message: $0) }
    }

    func accessControl(_ application: Common_ConfigGroup) throws(ConfigurationError) -> [[UInt8]: String] {
        let message = try self.value(Protos_ACLs.decode, "ACLs", of: application, at: "/Channel/Application")
        var result: [[UInt8]: String] = [:]
        for (name, resource) in message?.acls ?? [:] {
            let reference = resource.policyRef
            // A relative name means a policy of the application group.
            result[Array(name.utf8)] = reference.utf8.first == UInt8(ascii: "/") ? reference : "/Channel/Application/\(reference)"
        }
        return result
    }
}
