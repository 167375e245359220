import Chaincode
import CryptoPrimitives
import Identity
import LedgerModel
import SelvageClient
import SystemContracts

extension Story {
    private static let validitySeconds: Int64 = 365 * 86_400

    /// Stage 2: institutions by their administrators, then doctors and patients by the clerks of the hospitals.
    func registerSubjects() async throws {
        var clerks: [Gateway] = []
        for organization in Organizations.consortium {
            let admin = try self.network.issue("registrar@\(organization.domain)", .admin, of: organization)
            let id = organization.domain.split(separator: ".").first.map(String.init).map { "institution-\($0)" } ?? "institution"
            let agent = try self.makeSubject(id, "institution", "agent@\(organization.domain)", organization)
            try await self.register(agent, by: self.network.gateway(admin))
            self.institutions.append(agent)
            clerks.append(self.network.gateway(try self.network.issue("clerk@\(organization.domain)", .client, of: organization)))
        }
        self.narrator.done("institutions registered by their administrators: " + self.institutions.map(\.id).joined(separator: ", "))
        for (index, organization) in Organizations.consortium.prefix(2).enumerated() {
            let doctor = try self.makeSubject("doctor-\(index + 1)", "doctor", "doctor\(index + 1)@\(organization.domain)", organization)
            try await self.register(doctor, by: clerks[index])
            self.doctors.append(doctor)
        }
        self.narrator.done("doctors registered by their hospitals: " + self.doctors.map(\.id).joined(separator: ", "))
        // One patient too many: somebody has to try what belongs to another.
        for index in 0...self.records.count {
            let organization = Organizations.consortium[index % 2]
            let id = self.randomID()
            // The certificate's name is as random as the subject: nothing on the chain names a person.
            let patient = try self.makeSubject(id, "patient", self.randomID(), organization)
            try await self.register(patient, by: clerks[index % 2])
            self.patients.append(patient)
        }
        self.narrator.done(
            "\(self.patients.count) patients registered under random ids, e.g. \(self.patients[0].id): no personal data on the chain")
        self.narrator.done("every registration carried signatures of both new keys: proof of possession")
    }

    func makeSubject(_ id: String, _ role: String, _ commonName: String, _ organization: OrganizationSpec) throws -> Subject {
        let identity = try self.network.issue(commonName, .client, of: organization)
        return Subject(
            id: id, role: role, identity: identity, unsealing: UnsealingKey.generate(), gateway: self.network.gateway(identity))
    }

    /// The call that registers a subject, with its proofs.
    func registration(of subject: Subject) throws -> ChaincodeCall {
        let message = MedicalMessages.possession(
            channel: Organizations.channel.text, subject: subject.id, role: subject.role, certificate: subject.identity.certificate.sha256,
            signingKey: subject.identity.certificate.publicKey.x963, sealingKey: subject.unsealing.sealingKey.x963)
        let now = self.seconds
        let validity = JSONValue.object([("from", .integer(now - 60)), ("until", .integer(now + Self.validitySeconds))])
        return Self.call(
            MedicalContracts.registry, "register", subject.id, subject.role, subject.certificate, subject.signingKey, subject.sealingKey,
            Base16.encode(try subject.identity.sign(message)), Base16.encode(try subject.unsealing.signPossession(message)),
            String(decoding: validity.encoded(), as: UTF8.self))
    }

    private func register(_ subject: Subject, by registrar: Gateway) async throws {
        try await self.submit(try self.registration(of: subject), as: registrar)
    }
}
