import Chaincode
import ContractVM
import LedgerModel

/// A diary: the contract that most tests call.
struct Diary: Contract {
    let name = "diary"
    var transactions: [Transaction] {
        [
            .submit("write", "page", "text") { (context: Context, page: String, text: String) throws(ContractError) in
                _ = try context.getState(page)
                try context.putString(page, text)
                try context.setEvent("written", Array(page.utf8))
            },
            .evaluate("read", "page") { (context: Context, page: String) throws(ContractError) -> [UInt8] in
                try context.getState(page, orNotFound: "the page")
            },
            .submit("readThrough") { (context: Context) throws(ContractError) -> String in
                var pages: [String] = []
                let scan = try context.host.openRange(from: "", to: "")
                for entry in scan.entries { pages.append(entry.key) }
                return pages.joined(separator: ",")
            },
            .submit("fail", "status") { (_: Context, status: Int64) throws(ContractError) in
                throw ContractError(status: Int32(clamping: status), code: "asked-to-fail", message: "as the caller wished")
            },
            .submit("flood", "count") { (context: Context, count: Int64) throws(ContractError) in
                for index in 0..<count { try context.putString("page\(index)", "x") }
            },
            .submit("seal", "page") { (context: Context, page: String) throws(ContractError) in
                let secret = try context.transient("secret") ?? []
                try context.putState(page, try context.sha256(secret))
            },
            .evaluate("caller") { (context: Context) throws(ContractError) -> String in
                "\(context.caller.mspID) \(context.caller.commonName) \(context.caller.role?.rawValue ?? "no role")"
            },
        ]
    }
}

/// Answers with the status that its second argument names, after a write and an event.
struct StatusRuntime: ContractRuntime {
    func run(_ host: any ContractHost) -> Response {
        guard let status = Int32(String(decoding: host.arguments.dropFirst().first ?? [], as: UTF8.self)) else { return Response(status: 599) }
        do throws(ContractError) {
            try host.putState("key", [1])
            try host.setEvent("done", [2])
        } catch {
            return Response(error)
        }
        return Response(status: status, message: "as asked", payload: [7, 8, 9])
    }
}

/// Stands for a contract of the node itself.
struct SystemEcho: Contract {
    let name = "qscc"
    var transactions: [Transaction] {
        [.evaluate("echo", "text") { (_: Context, text: String) throws(ContractError) -> String in text }]
    }
}
