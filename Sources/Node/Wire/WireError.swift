/// Why a server does not listen: what is wrong with its address or its certificate, and what to do.
package enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another program listens there.
    case portInUse(host: String, port: Int)
    /// The address is not this machine's, or not one at all, or the port is reserved.
    case addressUnusable(host: String, port: Int, reason: String)
    /// The PEM text holds no certificate that can be read.
    case certificateUnreadable(reason: String)
    /// The PEM text holds no private key that can be read.
    case keyUnreadable
    /// Certificate and key are not a pair.
    case keyDoesNotFitCertificate
    /// The certificate is over; times are seconds since 1970.
    case certificateExpired(since: Int64)
    case certificateNotYetValid(until: Int64)
    /// Clients must show a certificate and no authority is named that could have issued one.
    case noClientAuthorities
    /// The server stopped by itself.
    case failed(reason: String)

    package var description: String {
        switch self {
        case .portInUse(let host, let port): "\(host):\(port) is in use: stop the other program or choose another port"
        case .addressUnusable(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason); name an address of this machine"
        case .certificateUnreadable(let reason):
            "the TLS certificate cannot be read: \(reason); give a PEM file of certificates, the server's own first"
        case .keyUnreadable: "the TLS private key cannot be read: give an unencrypted PEM file"
        case .keyDoesNotFitCertificate: "the TLS private key does not belong to the certificate: give the pair that was issued together"
        case .certificateExpired(let time): "the TLS certificate has been over since \(time) (seconds since 1970): issue a new one"
        case .certificateNotYetValid(let time): "the TLS certificate is not valid before \(time) (seconds since 1970): check the clock"
        case .noClientAuthorities: "clients must show a certificate, but no authority is named: give the TLS roots of the clients' organisations"
        case .failed(let reason): "the server stopped: \(reason)"
        }
    }
}
