import ChannelConfiguration

/// Under which configurations a chain's next block is judged.
///
/// A configuration block is signed by the committee that it replaces, and so is its certificate, which stands in the block after it.
package struct BlockAuthority: Sendable {
    /// In office: it judges the next block.
    package let bundle: ChannelBundle
    /// The one under which the newest block was signed; another only right after a configuration block.
    package let parentBundle: ChannelBundle

    /// - Parameter parentBundle: Nil when the newest block changed nothing.
    package init(_ bundle: ChannelBundle, parentBundle: ChannelBundle? = nil) {
        self.bundle = bundle
        self.parentBundle = parentBundle ?? bundle
    }

    /// After the next block, which may have brought a new configuration.
    package func after(newBundle: ChannelBundle?) -> BlockAuthority {
        BlockAuthority(newBundle ?? self.bundle, parentBundle: self.bundle)
    }
}
