extension Contract {
    /// The document that describes the contract to clients and tools, in the form that Fabric's tools read.
    public func metadata() -> JSONValue {
        let contract: JSONValue = [
            "name": .string(name),
            "info": ["title": .string(name), "version": .string(version)],
            "transactions": .array(transactions.map { $0.metadata }),
        ]
        return [
            "$schema": "https://hyperledger.github.io/fabric-chaincode-node/main/api/contract-schema.json",
            "info": ["title": .string(name), "version": .string(version), "description": .string(summary)],
            "contracts": .object([(name, contract)]),
            "components": ["schemas": .object([])],
        ]
    }
}

extension Transaction {
    /// The function's entry in the metadata document.
    var metadata: JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(name)),
            ("tag", kind == .submit ? ["SUBMIT", "submitTx"] : ["EVALUATE"]),
            ("parameters", .array(parameters.map { $0.metadata })),
        ]
        if !description.utf8.isEmpty {
            members.append(("description", .string(description)))
        }
        if let returns {
            members.append(("returns", returns.schema))
        }
        return .object(members)
    }
}

extension Transaction.ParameterDescription {
    var metadata: JSONValue {
        ["name": .string(name), "description": .string(description), "required": true, "schema": type.schema]
    }
}

extension ValueType {
    /// The JSON schema of values of this kind.
    var schema: JSONValue {
        switch self {
        case .text: ["type": "string"]
        case .integer: ["type": "integer", "format": "int64"]
        case .unsignedInteger: ["type": "integer", "format": "uint64", "minimum": 0]
        case .boolean: ["type": "boolean"]
        case .bytes: ["type": "string", "format": "binary"]
        case .json: ["type": "object"]
        }
    }
}
