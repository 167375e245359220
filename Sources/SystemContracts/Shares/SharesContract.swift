import Chaincode

/// Share reconstruction (chaincode-specs/shares): puts the ciphertext of a record together from fragments that custodians have released.
///
/// Fragments come as transient data and are ciphertext; key shares never come here, so the contract learns nothing of the record. `reconstruct` is for
/// evaluate calls and returns the ciphertext; `logReconstruction` is for submit calls and writes only a receipt, because a response is on the ledger too.
package struct SharesContract: Contract {
    package let name = MedicalContracts.shares
    package let summary = "Recombines the ciphertext of a record from fragments and keeps receipts."

    package init() {}

    package var transactions: [Transaction] { reconstructions + reads + [paper] }

    private var reconstructions: [Transaction] {
        [
            Transaction.evaluate("reconstruct", Parameter<String>("recordId", description: "the record"), body: Reconstruction.reconstruct)
                .described(
                    "The ciphertext of the current version from the transient entries fragment-0, fragment-1, ...; evaluate only, never submit."),
            Transaction.evaluate(
                "reconstructVersion", Parameter<String>("recordId", description: "the record"),
                Parameter<Int64>("version", description: "from 1"), body: Reconstruction.reconstructVersion
            ).described("As reconstruct, for a given version."),
            Transaction.submit(
                "logReconstruction", Parameter<String>("recordId", description: "the record"),
                Parameter<Int64>("version", description: "from 1"), body: Reconstruction.logReconstruction
            ).described("Checks and recombines as reconstructVersion does, but writes and returns only the receipt, with bad fragments named."),
        ]
    }

    private var reads: [Transaction] {
        [
            Transaction.evaluate(
                "getReceipt", Parameter<String>("recordId", description: "the record"),
                Parameter<String>("transactionId", description: "of the logReconstruction"), body: Receipts.getReceipt
            ).described("One receipt."),
            Transaction.evaluate(
                "listReceipts", Parameter<String>("recordId", description: "the record"), Parameter<Int64>("pageSize", description: "1 to 100"),
                Parameter<String>("bookmark", description: "empty, or the bookmark of the page before"), body: Receipts.listReceipts
            ).described("The receipts of a record, in pages."),
        ]
    }

    private var paper: Transaction {
        Transaction.evaluate(
            "reconstructPaper", Parameter<Int64>("threshold", description: "t"), Parameter<Int64>("count", description: "n"),
            Parameter<JSONValue>("shares", description: "array of share files of the paper's scheme, hexadecimal"),
            body: PaperReconstruction.reconstructPaper
        ).described(
            "Public test records only: the paper's Eq. (2), which recovers a record from at least t shares. Arguments are public and the scheme "
                + "hides nothing; never use it for a real record.")
    }
}
