/// A resource with the id under which others of its bundle refer to it.
struct SyntheticResource {
    let id: String
    let content: FHIRValue
}

/// The course of one made-up patient: makes the resources of a bundle one after the other and keeps the calendar.
struct SyntheticPatient {
    var draws: SyntheticDraws
    private let number: Int
    private let patientID: String
    private let birthday: CalendarDay
    private var today: CalendarDay
    private var encounterID = ""

    /// 2012-01-01, the first day on which a visit can fall.
    private static let firstDay = CalendarDay(number: 15_340)

    init(number: Int, draws: SyntheticDraws) {
        self.number = number
        self.draws = draws
        self.patientID = self.draws.uuid()
        // Born between 1970 and 2010.
        self.birthday = CalendarDay(number: self.draws.number(in: 0...14_600))
        self.today = Self.firstDay.adding(days: self.draws.number(in: 0...700))
    }

    /// The end of the last visit.
    var lastInstant: String {
        self.today.instant(hour: 18, minute: 0)
    }

    mutating func patient() -> SyntheticResource {
        SyntheticResource(
            id: self.patientID,
            content: [
                "resourceType": "Patient", "id": .string(self.patientID),
                "identifier": [["system": "urn:selvage:synthetic", "value": .string("TEST-\(self.number)")]],
                "name": [["use": "official", "family": "Testperson", "given": [.string(self.draws.choice(of: ClinicalVocabulary.givenNames))]]],
                "gender": .string(self.draws.choice(of: ["female", "male", "other", "unknown"])), "birthDate": .string(self.birthday.text),
            ])
    }

    mutating func allergy() -> SyntheticResource {
        let id = self.draws.uuid()
        return SyntheticResource(
            id: id,
            content: [
                "resourceType": "AllergyIntolerance", "id": .string(id),
                "clinicalStatus": Self.concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
                "verificationStatus": Self.concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "confirmed"),
                "type": "allergy", "criticality": .string(self.draws.choice(of: ["low", "high"])),
                "code": Self.concept(ClinicalVocabulary.snomed, self.draws.choice(of: ClinicalVocabulary.allergies)),
                "patient": Self.reference(to: self.patientID), "recordedDate": .string(self.today.text),
            ])
    }

    /// A visit some days after the last: encounter, condition, measurements, medication, and who recorded them.
    mutating func visit(measurements: Int) -> [SyntheticResource] {
        self.today = self.today.adding(days: self.draws.number(in: 9...40))
        let encounter = self.encounter()
        self.encounterID = encounter.id
        var resources = [encounter, self.condition()]
        for _ in 0..<measurements { resources.append(self.observation()) }
        resources.append(self.medication())
        resources.append(self.provenance(of: resources))
        return resources
    }

    private mutating func encounter() -> SyntheticResource {
        let id = self.draws.uuid()
        return SyntheticResource(
            id: id,
            content: [
                "resourceType": "Encounter", "id": .string(id), "status": "finished",
                "class": ["system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"],
                "type": [Self.concept(ClinicalVocabulary.snomed, self.draws.choice(of: ClinicalVocabulary.encounters))],
                "subject": Self.reference(to: self.patientID),
                "period": ["start": .string(self.today.instant(hour: 9, minute: 0)), "end": .string(self.today.instant(hour: 9, minute: 45))],
            ])
    }

    private mutating func condition() -> SyntheticResource {
        let id = self.draws.uuid()
        return SyntheticResource(
            id: id,
            content: [
                "resourceType": "Condition", "id": .string(id),
                "clinicalStatus": Self.concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
                "verificationStatus": Self.concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
                "code": Self.concept(ClinicalVocabulary.snomed, self.draws.choice(of: ClinicalVocabulary.conditions)),
                "subject": Self.reference(to: self.patientID), "encounter": Self.reference(to: self.encounterID),
                "onsetDateTime": .string(self.today.text), "recordedDate": .string(self.today.text),
            ])
    }

    /// A measurement that was taken during the last visit.
    mutating func observation() -> SyntheticResource {
        let id = self.draws.uuid()
        let measurement = self.draws.choice(of: ClinicalVocabulary.measurements)
        let instant = self.today.instant(hour: 9, minute: self.draws.number(in: 5...40))
        return SyntheticResource(
            id: id,
            content: [
                "resourceType": "Observation", "id": .string(id), "status": "final",
                "category": [Self.concept("http://terminology.hl7.org/CodeSystem/observation-category", measurement.category)],
                "code": Self.concept(ClinicalVocabulary.loinc, measurement.code), "subject": Self.reference(to: self.patientID),
                "encounter": Self.reference(to: self.encounterID), "effectiveDateTime": .string(instant), "issued": .string(instant),
                "valueQuantity": [
                    "value": .number(Self.decimal(self.draws.number(in: measurement.range), decimals: measurement.decimals)),
                    "unit": .string(measurement.unit), "system": .string(ClinicalVocabulary.ucum), "code": .string(measurement.unit),
                ],
            ])
    }

    private mutating func medication() -> SyntheticResource {
        let id = self.draws.uuid()
        return SyntheticResource(
            id: id,
            content: [
                "resourceType": "MedicationRequest", "id": .string(id), "status": "active", "intent": "order",
                "medicationCodeableConcept": Self.concept(ClinicalVocabulary.rxnorm, self.draws.choice(of: ClinicalVocabulary.medications)),
                "subject": Self.reference(to: self.patientID), "encounter": Self.reference(to: self.encounterID),
                "authoredOn": .string(self.today.instant(hour: 9, minute: 40)),
                "dosageInstruction": [
                    ["timing": ["repeat": ["frequency": .number("\(self.draws.number(in: 1...3))"), "period": .number("1.0"), "periodUnit": "d"]]]
                ],
            ])
    }

    private mutating func provenance(of resources: [SyntheticResource]) -> SyntheticResource {
        let id = self.draws.uuid()
        return SyntheticResource(
            id: id,
            content: [
                "resourceType": "Provenance", "id": .string(id), "target": .array(resources.map { Self.reference(to: $0.id) }),
                "recorded": .string(self.today.instant(hour: 9, minute: 50)),
                "agent": [
                    [
                        "type": Self.concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author"),
                        "who": ["display": .string("Dr. Testdoctor \(self.draws.number(in: 1...9))")],
                    ]
                ],
            ])
    }

    private static func reference(to id: String) -> FHIRValue {
        ["reference": .string("urn:uuid:" + id)]
    }

    private static func concept(_ system: String, _ code: ClinicalCode) -> FHIRValue {
        ["coding": [["system": .string(system), "code": .string(code.code), "display": .string(code.display)]]]
    }

    private static func concept(_ system: String, _ code: String) -> FHIRValue {
        ["coding": [["system": .string(system), "code": .string(code)]]]
    }

    /// A decimal as text: 372 with one decimal is `37.2`. Numbers are never binary fractions, whose text differs by machine and library.
    static func decimal(_ scaled: Int, decimals: Int) -> String {
        guard decimals > 0 else { return "\(scaled)" }
        let digits = "\(scaled)"
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }
}
