import Chaincode
import ChaincodeShim
import ContractVM
import FabricMessages
import LedgerModel
import Testing

/// What chaincodes ask for, against the simulator that the node's own contracts use.
struct ExchangeTests {
    private static func channel(initRequired: Bool = false) -> InMemoryChannel {
        let channel = InMemoryChannel()
        channel.define("goods", initRequired: initRequired)
        return channel
    }

    private static func part(_ endorsed: InMemoryChannel.Endorsed) throws -> NamespaceReadWriteSet {
        try #require(endorsed.result.readWriteSet.namespaces.first { $0.namespace == "goods" })
    }

    @Test func `the first message carries the arguments and the transaction`() throws {
        let endorsed = try Self.channel().talk { conversation throws in
            let start = conversation.start
            #expect(start.type == .transaction && start.txid == conversation.id.transaction.text && start.channelID == "testchannel")
            #expect(try Protos_ChaincodeInput.decode(start.payload, as: "input").args == [Array("go".utf8).data])
            return Response(payload: [7])
        }
        #expect(endorsed.result.response.payload == [7])
    }

    @Test func `an initialisation is sent as INIT, and private data are refused in it`() throws {
        let endorsed = try Self.channel(initRequired: true).talk(isInit: true) { conversation throws in
            #expect(conversation.start.type == .init_)
            let reason = "private data APIs are not allowed in chaincode Init()"
            let collection = "_implicit_org_Org1MSP"
            #expect(try conversation.refusal(.getState, Shim.key("a", collection: collection)) == reason)
            #expect(try conversation.refusal(.putState, Shim.put("a", "b", collection: collection)) == reason)
            #expect(try conversation.refusal(.getPrivateDataHash, Shim.key("a", collection: collection)) == reason)
            return Response()
        }
        #expect(endorsed.result.response.status == 200)
    }

    @Test func `reads and writes make the read-write set of a contract inside the node`() throws {
        let channel = Self.channel()
        try channel.fill([("a", "1"), ("b", "2")])
        let endorsed = try channel.talk { conversation throws in
            #expect(try conversation.ask(.getState, Shim.key("a")) == Array("1".utf8))
            #expect(try conversation.ask(.getState, Shim.key("absent")) == [])
            #expect(try conversation.ask(.putState, Shim.put("c", "3")) == [])
            #expect(try conversation.ask(.getState, Shim.key("c")) == [], "a transaction does not see its own writes")
            #expect(try conversation.ask(.delState, Shim.key("b")) == [])
            #expect(try conversation.ask(.putState, Shim.put("d", "")) == [])
            return Response()
        }
        let part = try Self.part(endorsed)
        #expect(part.reads.map(\.key) == ["a", "absent", "c"] && part.reads[0].version != nil && part.reads[1].version == nil)
        #expect(
            part.writes == [
                KeyWrite(key: "b", isDelete: true, value: []), KeyWrite(key: "c", isDelete: false, value: Array("3".utf8)),
                KeyWrite(key: "d", isDelete: true, value: []),
            ])
    }

    @Test func `several keys are read at once, in their order and with gaps`() throws {
        let channel = Self.channel()
        try channel.fill([("a", "1"), ("b", "2")])
        let endorsed = try channel.talk { conversation throws in
            var request = Protos_GetStateMultiple()
            request.keys = ["b", "absent", "a"]
            let result = try Protos_GetStateMultipleResult.decode(try conversation.ask(.getStateMultiple, request.encoded()), as: "result")
            #expect(result.values == [Array("2".utf8).data, [].data, Array("1".utf8).data])
            return Response()
        }
        #expect(try Self.part(endorsed).reads.map(\.key) == ["a", "absent", "b"])
    }

    @Test func `a batch is applied in its order, and its first bad record ends it`() throws {
        @Sendable func record(_ type: Protos_WriteRecord.TypeEnum, _ key: String, _ value: String = "") -> Protos_WriteRecord {
            var record = Protos_WriteRecord()
            record.type = type
            record.key = key
            record.value = Array(value.utf8).data
            return record
        }
        let endorsed = try Self.channel().talk { conversation throws in
            var batch = Protos_WriteBatchState()
            var policy = record(.putStateMetadata, "a")
            policy.metadata.metakey = "VALIDATION_PARAMETER"
            policy.metadata.value = [1, 2].data
            batch.rec = [record(.putState, "a", "1"), record(.putState, "a", "2"), record(.delState, "b"), policy]
            #expect(try conversation.ask(.writeBatchState, batch.encoded()) == [])
            batch.rec = [record(.putState, "c", "3"), record(.undefined, "d"), record(.putState, "e", "5")]
            #expect(try conversation.refusal(.writeBatchState, batch.encoded()) == "unknown operation type")
            batch.rec = [record(.purgePrivateData, "f")]
            #expect(try conversation.refusal(.writeBatchState, batch.encoded()) == "only applicable for private data")
            return Response()
        }
        let part = try Self.part(endorsed)
        #expect(part.writes.map(\.key) == ["a", "b", "c"] && part.writes[0].value == Array("2".utf8))
        #expect(part.metadataWrites.map(\.entries) == [[MetadataEntry(name: "VALIDATION_PARAMETER", value: [1, 2])]])
    }

    @Test func `the metadata of a key are one map, which is replaced as a whole`() throws {
        let channel = Self.channel()
        try channel.fill([("a", "1")])
        let written = try channel.talk { conversation throws in
            var request = Protos_PutStateMetadata()
            request.key = "a"
            request.metadata.metakey = "VALIDATION_PARAMETER"
            request.metadata.value = [9].data
            #expect(try conversation.ask(.putStateMetadata, request.encoded()) == [])
            request.collection = "secrets"
            #expect(try conversation.refusal(.putStateMetadata, request.encoded()) == "this peer keeps no metadata of private keys")
            return Response()
        }
        #expect(try channel.commit([written]) == [.valid])
        let read = try channel.talk { conversation throws in
            var request = Protos_GetStateMetadata()
            request.key = "a"
            let result = try Protos_StateMetadataResult.decode(try conversation.ask(.getStateMetadata, request.encoded()), as: "metadata")
            #expect(result.entries.map(\.metakey) == ["VALIDATION_PARAMETER"] && result.entries.map(\.value) == [[9].data])
            return Response()
        }
        #expect(try Self.part(read).reads.map(\.key) == ["a"])
    }

    @Test func `private values are those of the node's own organisation, and hashes are everybody's`() throws {
        let channel = Self.channel()
        let own = "_implicit_org_Org1MSP"
        let written = try channel.talk { conversation throws in
            #expect(try conversation.ask(.putState, Shim.put("a", "secret", collection: own)) == [])
            let reason = try conversation.refusal(.putState, Shim.put("a", "secret", collection: "traders"))
            #expect(reason.hasPrefix("collection [traders] not defined in the collection config for chaincode [goods]"))
            _ = try conversation.refusal(.getState, Shim.key("a", collection: "_implicit_org_Org2MSP"))
            _ = try conversation.refusal(.purgePrivateData, Shim.key("a", collection: own))
            return Response()
        }
        #expect(try Self.part(written).collections.map(\.collection) == [CollectionName(own)])
        #expect(written.result.privateWriteSets.count == 1)
        // Fabric's peers look the collections up in the transaction itself.
        #expect(written.result.readWriteSet.namespaces[0].reads.count == 5)
        #expect(try channel.commit([written]) == [.valid])
        _ = try channel.talk { conversation throws in
            #expect(try conversation.ask(.getState, Shim.key("a", collection: own)) == Array("secret".utf8))
            #expect(try conversation.ask(.getPrivateDataHash, Shim.key("a", collection: own)).count == 32)
            let reason = try conversation.refusal(.getPrivateDataHash, Shim.key("a", collection: "others"))
            #expect(reason.hasPrefix("collection [others] not defined in the collection config for chaincode [goods]"))
            #expect(try Shim.results(try conversation.ask(.getStateByRange, Shim.range("", "", collection: own))).keys == ["a"])
            return Response()
        }
    }

    @Test func `a hash that is read brings the whole definition into the read set, as at Fabric's peers`() throws {
        let channel = InMemoryChannel()
        channel.define("goods", collections: Shim.collections("traders"))
        let endorsed = try channel.talk { conversation throws in
            #expect(try conversation.ask(.getPrivateDataHash, Shim.key("a", collection: "traders")) == [])
            let reason = try conversation.refusal(.getState, Shim.key("a", collection: "traders"))
            #expect(reason.hasPrefix("collection traders cannot be read or written here"))
            return Response()
        }
        #expect(endorsed.result.readWriteSet.namespaces[0].reads.map(\.key) == ChaincodeDefinitionFormat.keys("goods").sorted())
    }

    @Test func `queries of the ledger from a chaincode are answered with status 500, in the words of Fabric's peers`() throws {
        let channel = Self.channel()
        for name in ["qscc", "cscc"] { channel.installSystem(Echo(name: name), isCallableFromContracts: false) }
        _ = try channel.talk { conversation throws in
            for (name, why) in [("qscc", " because of potential for deadlocks"), ("cscc", "")] {
                var request = Protos_ChaincodeSpec()
                request.chaincodeID.name = name
                let message = try ShimMessage.decode(try conversation.ask(.invokeChaincode, request.encoded()), as: "message")
                let response = try Protos_Response.decode(message.payload, as: "response")
                #expect(response.status == 500)
                #expect(
                    response.message
                        == "Rejecting invoke of \(name.uppercased()) from another chaincode\(why), original invocation for 'goods'")
            }
            return Response()
        }
    }

    @Test func `a chaincode calls another contract and gets its response, wrapped twice`() throws {
        let channel = Self.channel()
        channel.install(Echo())
        let endorsed = try channel.talk { conversation throws in
            var request = Protos_ChaincodeSpec()
            request.chaincodeID.name = "echo:1.0/testchannel"
            request.input.args = [Array("say".utf8).data, Array("hello".utf8).data]
            let message = try ShimMessage.decode(try conversation.ask(.invokeChaincode, request.encoded()), as: "message")
            #expect(message.type == .completed)
            #expect(try Protos_Response.decode(message.payload, as: "response").payload == Array("hello".utf8).data)
            request.chaincodeID.name = "goods"
            #expect(try conversation.refusal(.invokeChaincode, request.encoded()).hasPrefix("execute failed: "))
            request.chaincodeID.name = "echo/other"
            #expect(try conversation.refusal(.invokeChaincode, request.encoded()).hasPrefix("execute failed: "))
            request.chaincodeID.name = ""
            #expect(try conversation.refusal(.invokeChaincode, request.encoded()).hasPrefix("execute failed: "))
            return Response()
        }
        #expect(endorsed.result.readWriteSet.namespaces.map(\.namespace).contains("echo"))
    }

    @Test func `rich queries are refused as on Fabric's peers with LevelDB`() throws {
        _ = try Self.channel().talk { conversation throws in
            var request = Protos_GetQueryResult()
            request.query = "{}"
            #expect(try conversation.refusal(.getQueryResult, request.encoded()) == "ExecuteQuery not supported for leveldb")
            var paging = Protos_QueryMetadata()
            paging.pageSize = 3
            request.metadata = paging.encoded().data
            #expect(try conversation.refusal(.getQueryResult, request.encoded()) == "ExecuteQueryWithMetadata not supported for leveldb")
            return Response()
        }
    }

    @Test func `the end of a chaincode is its response, with the event unless it refuses`() throws {
        @Sendable func completed(_ conversation: inout ScriptedChaincode.Conversation, status: Int32) throws -> Response {
            var response = Protos_Response()
            response.status = status
            response.message = "m"
            response.payload = [1].data
            var message = conversation.id.message(.completed, response.encoded())
            message.chaincodeEvent.eventName = "sold"
            message.chaincodeEvent.chaincodeID = "another"
            guard case .completed(let result) = conversation.step(message) else { throw ScriptedChaincode.Unexpected() }
            return result
        }
        let good = try Self.channel().talk { try completed(&$0, status: 200) }.result
        #expect(good.response == ChaincodeResponse(status: 200, message: "m", payload: [1]))
        #expect(good.event?.name == "sold" && good.event?.chaincode == "goods")
        let refused = try Self.channel().talk { try completed(&$0, status: 500) }.result
        #expect(refused.response.status == 500 && refused.event == nil)
    }

    @Test func `a chaincode that fails, or answers what is no response, fails its transaction`() throws {
        @Sendable func end(_ type: ShimMessage.TypeEnum, _ payload: [UInt8]) throws -> String {
            do {
                _ = try Self.channel().talk { conversation throws in
                    guard case .failed(let failure) = conversation.step(conversation.id.message(type, payload)) else {
                        throw ScriptedChaincode.Unexpected()
                    }
                    throw failure
                }
                return "nothing"
            } catch {
                return "\(error)"
            }
        }
        #expect(try end(.error, Array("no stock".utf8)) == "transaction returned with failure: no stock")
        #expect(try end(.completed, [0xFF]).hasPrefix("failed to unmarshal response for transaction "))
        #expect(try end(.error, [UInt8](repeating: 65, count: 1 << 20)).utf8.count < 20_000)
    }

    @Test func `payloads that do not parse are answered with an error, whatever the type`() throws {
        _ = try Self.channel().talk { conversation throws in
            for type in ShimMessage.TypeEnum.allCases {
                guard case .reply(let answer) = conversation.step(conversation.id.message(type, [0xFF, 0xFF, 0xFF])) else { continue }
                #expect(answer.type == .error, "\(type.wireName)")
            }
            return Response()
        }
    }

    @Test func `the limits of contracts hold for chaincodes too`() throws {
        let channel = InMemoryChannel(limits: InvocationLimits.standard.with(.writes, 2))
        channel.define("goods")
        let endorsed = try channel.talk { conversation throws in
            for key in ["a", "b"] { _ = try conversation.ask(.putState, Shim.put(key, "1")) }
            #expect(try conversation.refusal(.putState, Shim.put("c", "1")).hasPrefix("limit-exceeded: "))
            return Response()
        }
        #expect(endorsed.result.response.status == 500)
    }
}

/// Says what it is told, and remembers it.
struct Echo: Contract {
    var name = "echo"
    var transactions: [Transaction] {
        [
            .evaluate("say", "text") { (context: Context, text: String) throws(ContractError) -> [UInt8] in
                _ = try context.getString("last")
                return Array(text.utf8)
            }
        ]
    }
}
