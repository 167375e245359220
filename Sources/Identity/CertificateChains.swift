import CryptoPrimitives
import LedgerModel

/// Finds the chains from a certificate to the roots of one organisation (interop 5.1, points 1 and 2).
struct CertificateChains: Sendable {
    private static let serverAuthentication = "1.3.6.1.5.5.7.3.1"
    private static let anyUsage = "2.5.29.37.0"

    private let roots: [Certificate]
    private let intermediates: [Certificate]

    /// Certificates given twice count once.
    init(roots: [Certificate], intermediates: [Certificate]) {
        self.roots = Self.withoutDuplicates(roots)
        self.intermediates = Self.withoutDuplicates(intermediates)
    }

    /// The one chain from the certificate to a root, both included. A root is its own chain.
    ///
    /// Everything is judged one second after the certificate became valid, so expiry plays no part: a block that was valid when it was
    /// written stays valid.
    func chain(of certificate: Certificate) throws(ChainError) -> [Certificate] {
        if self.roots.contains(certificate) { return [certificate] }
        guard certificate.unhandledCriticalExtensions.isEmpty else {
            throw ChainError(reason: "it has a critical extension that is not understood: \(certificate.unhandledCriticalExtensions[0])")
        }
        // At most the year 9999, so the sum cannot overflow.
        var search = Search(time: certificate.notBefore &+ 1)
        try self.extend([certificate], &search)
        guard let chain = search.found.first else {
            throw ChainError(reason: search.refusal ?? "no certificate of the organisation issued it")
        }
        guard search.time <= certificate.notAfter else { throw ChainError(reason: "it is valid for less than a second") }
        guard search.found.count == 1 else { throw ChainError(reason: "it leads to the organisation's roots in more than one way") }
        return chain
    }

    private struct Search {
        let time: Int64
        var found: [[Certificate]] = []
        var steps = 0
        /// Why the last candidate was dropped, for the message.
        var refusal: String?
    }

    private func extend(_ chain: [Certificate], _ search: inout Search) throws(ChainError) {
        guard let last = chain.last, chain.count < Limits.chainLength else { return }
        for root in self.roots where root.subjectDER == last.issuerDER {
            guard try Self.canIssue(root, below: chain, &search) else { continue }
            if let usage = Self.forbiddenUsage(chain) {
                search.refusal = usage
            } else {
                search.found.append(chain + [root])
            }
        }
        for intermediate in self.intermediates where intermediate.subjectDER == last.issuerDER && !chain.contains(intermediate) {
            guard try Self.canIssue(intermediate, below: chain, &search) else { continue }
            try self.extend(chain + [intermediate], &search)
        }
    }

    /// Whether `issuer` may stand above the chain so far: an authority, valid at the time, deep enough, and really the signer.
    private static func canIssue(_ issuer: Certificate, below chain: [Certificate], _ search: inout Search) throws(ChainError) -> Bool {
        guard let last = chain.last else { return false }
        guard issuer.isCertificateAuthority, issuer.keyUsage?.contains(.certificateSigning) ?? true else {
            search.refusal = "its issuer is not a certificate authority"
            return false
        }
        if let limit = issuer.pathLength, chain.count - 1 > limit {
            search.refusal = "more authorities stand between it and its root than the root allows"
            return false
        }
        guard issuer.unhandledCriticalExtensions.isEmpty else {
            search.refusal = "its issuer has a critical extension that is not understood"
            return false
        }
        guard issuer.notBefore <= search.time, search.time <= issuer.notAfter else {
            search.refusal = "its issuer was not valid when it was issued"
            return false
        }
        search.steps += 1
        guard search.steps <= Limits.chainSearchSteps else { throw ChainError(reason: "finding its chain takes too many steps") }
        guard last.isSigned(by: issuer) else {
            search.refusal = "its issuer did not sign it"
            return false
        }
        return true
    }

    /// The rule of Go's default verification: a certificate that lists extended usages must list server authentication or any usage.
    private static func forbiddenUsage(_ chain: [Certificate]) -> String? {
        for certificate in chain where !certificate.extendedKeyUsages.isEmpty {
            guard certificate.extendedKeyUsages.contains(where: { $0 == serverAuthentication || $0 == anyUsage }) else {
                return "its extended key usage excludes server authentication: issue it without extended key usages"
            }
        }
        return nil
    }

    private static func withoutDuplicates(_ certificates: [Certificate]) -> [Certificate] {
        var seen: Set<[UInt8]> = []
        return certificates.filter { seen.insert($0.der).inserted }
    }
}

/// Why a certificate has no usable chain.
struct ChainError: Error {
    let reason: String
}
