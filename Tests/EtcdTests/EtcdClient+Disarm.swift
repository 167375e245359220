import EtcdServices
import GRPCCore
import SelvageClient

@testable import Node

extension EtcdClient {
    /// What an operator does with etcdctl: defragments and takes the alarm off; false when it is raised again.
    func disarm() async throws -> Bool {
        for connection in self.connections {
            try await connection.call { client in
                let maintenance = Etcdserverpb_Maintenance.Client(wrapping: client)
                _ = try await maintenance.defragment(Etcdserverpb_DefragmentRequest(), options: connection.options())
                var request = Etcdserverpb_AlarmRequest()
                request.action = .deactivate
                request.alarm = .nospace
                for member in try await maintenance.alarm(Etcdserverpb_AlarmRequest(), options: connection.options()).alarms {
                    request.memberID = member.memberID
                    _ = try await maintenance.alarm(request, options: connection.options())
                }
            }
        }
        return try await !self.isOutOfSpace()
    }
}
