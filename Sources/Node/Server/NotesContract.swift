import Chaincode
import SystemContracts

/// Texts under keys: the contract with which a network is tried out.
package struct NotesContract: Contract {
    package let name = "notes"
    package let summary = "Texts under keys, for trying out a network."

    package init() {}

    package var transactions: [Transaction] {
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

/// The user contracts that are compiled into a node; each needs a committed definition on a channel.
package enum NodeContracts {
    package static var all: [any Contract] { MedicalContracts.all + [NotesContract()] }
}
