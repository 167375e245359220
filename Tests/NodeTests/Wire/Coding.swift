import FabricMessages
import GRPCCore
import GRPCProtobuf

typealias EnvelopeCoding = ProtobufSerializer<Common_Envelope>
typealias DeliverCoding = ProtobufDeserializer<Protos_DeliverResponse>
