/// Unpacks gzip files (RFC 1952) of one or more members.
///
/// As strict as the reader of Fabric's peers: after a member comes the next one or the end, and what is neither makes the file bad. Header
/// check sums, check sums and lengths count; an empty file is none.
enum GzipFile {
    /// What each member begins with: two fixed bytes and the one method there is.
    private static let start: [UInt8] = [0x1f, 0x8b, 8]

    /// The content, at most `limit` bytes.
    ///
    /// - Throws: `ChaincodePackageError.gzip` for a damaged or cut file, `.tooLarge` as soon as more than `limit` bytes have come out.
    static func content(_ file: [UInt8], limit: Int) throws(ChaincodePackageError) -> [UInt8] {
        guard var member = GzipMember() else { throw .gzip(reason: "there is no memory to unpack it") }
        var content: [UInt8] = []
        var position = 0
        repeat {
            guard file[position...].starts(with: Self.start) else { throw .gzip(reason: "it does not begin as one") }
            var isOver = false
            while !isOver {
                let step = member.step(file[position...])
                position += step.taken
                // One piece at most is held above the bound.
                guard step.piece.count <= limit - content.count else { throw .tooLarge(what: "the content", limit: limit) }
                content += step.piece
                switch step.state {
                case .goesOn: continue
                case .ended: isOver = true
                case .starved: throw .gzip(reason: "the compressed data end too early")
                case .damaged: throw .gzip(reason: "its data or check sum are damaged")
                }
            }
            member.reset()
        } while position < file.count
        return content
    }
}
