import Chaincode

/// Reads of the registry for clients and other contracts.
enum Lookup {
    static func lookup(_ context: Context, _ subject: String) throws(ContractError) -> JSONValue {
        withStatus(try RegistryState.existing(context, subject), context)
    }

    static func lookupCaller(_ context: Context) throws(ContractError) -> JSONValue {
        guard let entry = try RegistryState.subject(context, ofCertificate: Registrar.fingerprint(context.caller)),
            context.caller.isMember(of: entry.mspID)
        else {
            throw .forbidden("not-registered", "the caller's certificate acts for no registered subject; have it registered first")
        }
        return withStatus(entry, context)
    }

    static func lookupKey(_ context: Context, _ subject: String, _ keyVersion: Int64) throws(ContractError) -> JSONValue {
        try Input.anySubject(subject, "subject")
        try Input.version(keyVersion, "keyVersion")
        guard let value = try context.getState(RegistryKey.key(subject, keyVersion)) else {
            throw .notFound("unknown-key", "there is no key version \(keyVersion) of subject \(subject)")
        }
        return try Stored.json(value)
    }

    static func list(_ context: Context, _ pageSize: Int64, _ bookmark: String) throws(ContractError) -> JSONValue {
        let page = try Paging.page(context, prefix: RegistryKey.entries, size: pageSize, bookmark: bookmark)
        var entries: [JSONValue] = []
        for item in page.entries {
            entries.append(withStatus(try RegistryEntry(json: try Stored.json(item.value)), context))
        }
        return Paging.result("entries", entries, bookmark: page.bookmark)
    }

    private static func withStatus(_ entry: RegistryEntry, _ context: Context) -> JSONValue {
        entry.json.setting("status", .string(entry.status(at: context.timestamp.seconds).rawValue))
    }
}
