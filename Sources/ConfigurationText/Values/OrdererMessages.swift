import ChannelConfiguration
import FabricMessages
import LedgerModel

extension Common_HashingAlgorithm: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) { try fields.text("name", &self.name) }
}

extension Common_BlockDataHashingStructure: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) { try fields.number("width", &self.width) }
}

extension Common_OrdererAddresses: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) { try fields.texts("addresses", &self.addresses) }
}

extension Common_Consortium: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) { try fields.text("name", &self.name) }
}

extension Orderer_BatchSize: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.number("max_message_count", &self.maxMessageCount)
        try fields.size("absolute_max_bytes", &self.absoluteMaxBytes)
        try fields.size("preferred_max_bytes", &self.preferredMaxBytes)
    }
}

extension Orderer_BatchTimeout: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) { try fields.duration("timeout", &self.timeout) }
}

extension Orderer_ChannelRestrictions: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) { try fields.number("max_count", &self.maxCount) }
}

extension Common_Orderers: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.messages("consenter_mapping", &self.consenterMapping)
    }
}

extension Common_Consenter: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.number("id", &self.id)
        try fields.text("host", &self.host)
        try fields.number("port", &self.port)
        try fields.text("msp_id", &self.mspID)
        try fields.bytes("identity", &self.identity)
        try fields.bytes("client_tls_cert", &self.clientTlsCert)
        try fields.bytes("server_tls_cert", &self.serverTlsCert)
    }
}

extension Etcdraft_ConfigMetadata: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.messages("consenters", &self.consenters)
        var options = self.hasOptions ? self.options : nil
        try fields.message("options", &options)
        if let options { self.options = options }
    }
}

extension Etcdraft_Consenter: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.text("host", &self.host)
        try fields.number("port", &self.port)
        try fields.bytes("client_tls_cert", &self.clientTlsCert)
        try fields.bytes("server_tls_cert", &self.serverTlsCert)
    }
}

extension Etcdraft_Options: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.duration("tick_interval", &self.tickInterval)
        try fields.number("election_tick", &self.electionTick)
        try fields.number("heartbeat_tick", &self.heartbeatTick)
        try fields.number("max_inflight_blocks", &self.maxInflightBlocks)
        try fields.size("snapshot_interval_size", &self.snapshotIntervalSize)
    }
}

extension Orderer_Smartbft_Options: TextMessage {
    mutating func visit(_ fields: inout FieldCoder) throws(ConfigurationTextError) {
        try fields.number("request_batch_max_count", &self.requestBatchMaxCount)
        try fields.size("request_batch_max_bytes", &self.requestBatchMaxBytes)
        try fields.duration("request_batch_max_interval", &self.requestBatchMaxInterval)
        try fields.number("incoming_message_buffer_size", &self.incomingMessageBufferSize)
        try fields.number("request_pool_size", &self.requestPoolSize)
        try fields.duration("request_forward_timeout", &self.requestForwardTimeout)
        try fields.duration("request_complain_timeout", &self.requestComplainTimeout)
        try fields.duration("request_auto_remove_timeout", &self.requestAutoRemoveTimeout)
        try fields.size("request_max_bytes", &self.requestMaxBytes)
        try fields.duration("view_change_resend_interval", &self.viewChangeResendInterval)
        try fields.duration("view_change_timeout", &self.viewChangeTimeout)
        try fields.duration("leader_heartbeat_timeout", &self.leaderHeartbeatTimeout)
        try fields.number("leader_heartbeat_count", &self.leaderHeartbeatCount)
        try fields.duration("collect_timeout", &self.collectTimeout)
        try fields.flag("sync_on_start", &self.syncOnStart)
        try fields.flag("speed_up_view_change", &self.speedUpViewChange)
        var rotation = self.leaderRotation.rawValue
        try fields.choice("leader_rotation", &rotation, names: ["ROTATION_UNSPECIFIED", "ROTATION_OFF", "ROTATION_ON"])
        self.leaderRotation = Rotation(rawValue: rotation) ?? .UNRECOGNIZED(rotation)
        try fields.number("decisions_per_leader", &self.decisionsPerLeader)
        var others = self.unknownFields.data.byteArray
        let reading = fields.isReading
        try fields.base64(
            "other_fields", &others, comments: ["fields that Fabric does not know, such as the settings of elections; keep them as they are"])
        guard reading, !others.isEmpty else { return }
        do {
            self = try Self.decode(self.encoded() + others, as: fields.path)
        } catch {
            throw .invalid(path: fields.path, nil, reason: "other_fields: they are no fields of a message")
        }
    }
}
