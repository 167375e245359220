/// Splits a record among custodians and puts it together again: the strong construction EMS1, and the paper's Eq. (1).
///
/// What fewer than t shares reveal, what a wrong share does, and what each scheme is for:
///
/// - ``EMS1`` (the default): fewer than t shares reveal the padded length, t, n and the random record id, and nothing about the key; the record
///   stays hidden under AES-256-GCM. A wrong share is found on its own, by its hash path to the published commitment, is named with its reason and
///   left out; up to n - t arbitrary wrong shares do no harm. Nothing of a record is released before its authentication tag has been checked.
/// - ``LightweightSharing`` (Fu, Wang and Cai 2020, Eq. (1)): this is **dispersal, not confidentiality**. The map is public, linear and has no key: one
///   share alone gives l/t bits of equations about the record, which is enough to read structured text, and t - 1 shares of plain text give nearly all.
///   With exactly t shares a wrong share yields another record without any sign; tau shares detect up to tau - t and correct up to (tau - t) / 2.
///   Use it only for records that may be public, to compare with the paper, or over bytes that are already ciphertext.
/// - Fragments without key shares (``FragmentCommitment``) hold ciphertext only, so whoever combines them, such as a contract on a ledger, learns nothing.
///
/// A custodian never holds a path to plaintext: the record is first sealed under a data key (``SealedRecord``) which is wrapped only to those whom the
/// patient names (``RecordKeyWrap``), and what is dispersed is that sealed object.
public enum RecordSharing {}
