import Chaincode

/// Notes by title, with one function for each way in which a transaction depends on something.
struct Notebook: Contract {
    let name = "notebook"

    var transactions: [Transaction] {
        [
            .submit("write", "title", "text") { (context: Context, title: String, text: String) throws(ContractError) in
                try context.putString(title, text)
                try context.setEvent("written", Array(title.utf8))
            },
            .submit("append", "title", "text") { (context: Context, title: String, text: String) throws(ContractError) in
                try context.putString(title, (try context.getString(title) ?? "") + text)
            },
            .submit("erase", "title") { (context: Context, title: String) throws(ContractError) in
                try context.deleteState(title)
            },
            .submit("count", "into") { (context: Context, into: String) throws(ContractError) in
                let notes = try context.stateRange(from: "a", to: "n")
                var titles: [String] = []
                while let note = try notes.next() { titles.append(note.key) }
                try context.putString(into, titles.joined(separator: ","))
            },
            .submit("seal", "title") { (context: Context, title: String) throws(ContractError) in
                let secret = try context.transient("secret") ?? []
                try context.putString(title, "sealed \(secret.count)")
            },
            .submit("seal-if-any", "title") { (context: Context, title: String) throws(ContractError) in
                _ = try context.transient("secret")
                try context.putString(title, "sealed or not")
            },
            .submit("changes", "title", "into") { (context: Context, title: String, into: String) throws(ContractError) in
                try context.putString(into, "changed \(try context.history(of: title).count) times")
            },
            .submit("ask", "title") { (context: Context, title: String) throws(ContractError) in
                let answer = try context.invoke("oracle", [Array("answer".utf8)])
                try context.putString(title, answer.isSuccess ? "yes" : "no")
            },
        ]
    }
}

/// A contract that endorsers have and the auditor may lack.
struct Oracle: Contract {
    let name = "oracle"

    var transactions: [Transaction] {
        [
            .submit("answer") { (_: Context) throws(ContractError) -> [UInt8] in Array("42".utf8) }
        ]
    }
}
