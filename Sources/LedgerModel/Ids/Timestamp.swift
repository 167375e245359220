import SwiftProtobuf

/// A moment: seconds since 1970-01-01T00:00:00Z, and nanoseconds of that second.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let seconds: Int64
    /// 0 to 999,999,999.
    package let nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package init(message: Google_Protobuf_Timestamp) {
        self.init(seconds: message.seconds, nanoseconds: message.nanos)
    }

    package var message: Google_Protobuf_Timestamp {
        Google_Protobuf_Timestamp(seconds: self.seconds, nanos: self.nanoseconds)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
