/// A place in the segment files: where a frame begins, or where the next one will.
package struct BlockPosition: Hashable, Comparable, Sendable {
    package var segment: UInt32
    /// Bytes from the start of the segment file.
    package var offset: UInt64

    package init(segment: UInt32, offset: UInt64) {
        self.segment = segment
        self.offset = offset
    }

    package static func < (left: BlockPosition, right: BlockPosition) -> Bool {
        (left.segment, left.offset) < (right.segment, right.offset)
    }
}

/// Where a block is stored: the start of its frame, and the length of the block without the frame's head.
package struct BlockLocation: Hashable, Sendable {
    package var position: BlockPosition
    package var lengthBytes: UInt32

    package init(position: BlockPosition, lengthBytes: UInt32) {
        self.position = position
        self.lengthBytes = lengthBytes
    }

    /// Where the frame ends and the next one of this segment begins.
    package var end: BlockPosition {
        BlockPosition(
            segment: self.position.segment, offset: self.position.offset &+ UInt64(BlockFileFormat.frameHeadSizeBytes) &+ UInt64(self.lengthBytes))
    }
}

/// A block as it lies in a segment file.
package struct StoredBlock: Equatable, Sendable {
    package var number: UInt64
    package var location: BlockLocation
    /// The serialised `common.Block`.
    package var bytes: [UInt8]
}

/// A point up to which the blocks are known to have been acknowledged: the blocks `0 ..< height` end at `end`.
package struct BlockCheckpoint: Hashable, Sendable {
    package var height: UInt64
    package var end: BlockPosition

    package init(height: UInt64, end: BlockPosition) {
        self.height = height
        self.end = end
    }
}
