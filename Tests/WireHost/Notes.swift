import Chaincode

/// A contract for clients to call: texts under keys, with an event for each change.
struct Notes: Contract {
    let name = "notes"
    var transactions: [Transaction] {
        [
            .submit("put", "key", "text") { (context: Context, key: String, text: String) throws(ContractError) in
                try context.putString(key, text)
                try context.setEvent("put", Array(key.utf8))
            },
            .evaluate("get", "key") { (context: Context, key: String) throws(ContractError) -> [UInt8] in
                try context.getState(key, orNotFound: "the note")
            },
        ]
    }
}
