import ArgumentParser

/// Fabric's `peer` command: the same verbs and flags, against nodes of Selvage and of Fabric.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "Call peers and ordering nodes, with the verbs and flags of Fabric's peer command.",
        discussion: """
            Who calls, and whom, is taken from the environment, as Fabric's command does:
              CORE_PEER_ADDRESS               the peer, host:port
              CORE_PEER_LOCALMSPID            the organisation of the caller
              CORE_PEER_MSPCONFIGPATH         the MSP folder of the caller: signcerts and keystore
              CORE_PEER_TLS_ENABLED           true for TLS
              CORE_PEER_TLS_ROOTCERT_FILE     the TLS root of the peer
              CORE_PEER_TLS_SERVERHOSTOVERRIDE, CORE_PEER_TLS_CLIENTAUTHREQUIRED, CORE_PEER_TLS_CLIENTCERT_FILE, CORE_PEER_TLS_CLIENTKEY_FILE
            Without -o the ordering nodes of the channel's configuration are called, with the TLS roots that stand there.
            Example:
              selvage dev --directory net &
              source net/peer-org1.env && selvage peer channel list
            Exit codes: 0 good, 1 refused by a node or the ledger, 2 wrong usage or setting, 3 something cannot be reached or read.
            """,
        subcommands: [ChannelCommand.self, ChaincodeCommand.self, LifecycleCommand.self])

    /// The line on exit codes that all of them share.
    static let exitCodes = "Exit codes: 0 good, 1 refused by a node or the ledger, 2 wrong usage or setting, 3 something cannot be reached or read."
}

/// Channels of a peer.
struct ChannelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channel", abstract: "Join channels, list them, fetch their blocks, change their configuration.",
        subcommands: [
            ChannelJoin.self, ChannelJoinBySnapshot.self, ChannelJoinBySnapshotStatus.self, ChannelList.self, ChannelGetInfo.self, ChannelFetch.self,
            ChannelUpdate.self, ChannelSignConfigTx.self,
        ])
}

/// Calls of chaincodes.
struct ChaincodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaincode", abstract: "Invoke chaincodes and query them.", subcommands: [ChaincodeInvoke.self, ChaincodeQuery.self])
}

/// The life of chaincode definitions; a level of its own, because Fabric's command has it.
struct LifecycleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lifecycle", abstract: "Packages and definitions of chaincodes.", subcommands: [LifecycleChaincode.self])
}

/// Packages and definitions of chaincodes.
struct LifecycleChaincode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaincode", abstract: "Package, install, approve, commit, and ask what is installed, approved and committed.",
        subcommands: [
            LifecyclePackage.self, LifecycleCalculatePackageID.self, LifecycleInstall.self, LifecycleQueryInstalled.self,
            LifecycleGetInstalledPackage.self, LifecycleApproveForMyOrg.self, LifecycleQueryApproved.self, LifecycleCheckCommitReadiness.self,
            LifecycleCommit.self, LifecycleQueryCommitted.self,
        ])
}
