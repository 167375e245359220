/// EMS1: encrypt the record, disperse the ciphertext, share the key, and commit to every share under one published hash.
///
/// Encryption is AES-256-GCM under a key used once; dispersal is ``CauchyDispersal``; the key is shared by ``KeyPolynomial`` (Shamir). The order of the
/// bytes is in ``EMS1ShareFormat``. Limits: 2 <= t <= n <= 255, records up to 2^31 bytes. Share indexes count from 0.
///
/// What it does not do: hide the padded length, t, n or the record id; revoke a reader who already held the key (seal again for that).
public enum EMS1 {}
