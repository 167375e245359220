import LedgerModel

/// What an organisation of a development network looks like.
package struct OrganizationSpec: Hashable, Sendable {
    /// Whether its nodes are peers or ordering nodes; decides the folder that it gets.
    package enum Kind: Hashable, Sendable {
        case peer
        case orderer
    }

    package var mspID: MSPID
    /// Its DNS domain, such as `org1.example.com`: the names of certificates and folders end in it.
    package var domain: String
    package var kind: Kind
    /// The two-letter country in its authorities' names; may be empty.
    package var country: String

    package init(mspID: MSPID, domain: String, kind: Kind, country: String = "") {
        self.mspID = mspID
        self.domain = domain
        self.kind = kind
        self.country = country
    }
}

/// How long certificates are valid, in Unix seconds, both ends included.
package struct ValidityPeriod: Hashable, Sendable {
    package var notBefore: Int64
    package var notAfter: Int64

    package init(notBefore: Int64, notAfter: Int64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Ten years from five minutes before the given time, so that a node whose clock is a little behind accepts them too.
    package static func decade(from now: Timestamp) -> ValidityPeriod {
        let start = max(0, now.seconds - 300)
        return ValidityPeriod(notBefore: start, notAfter: start + 3650 * 86_400)
    }
}
