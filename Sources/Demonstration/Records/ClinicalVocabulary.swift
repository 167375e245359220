/// One code of a public terminology with the text that goes with it.
struct ClinicalCode: Equatable, Sendable {
    let code: String
    let display: String
}

/// What is measured: a LOINC code, its unit (UCUM), and the range and precision in which values are made up.
struct Measurement: Equatable, Sendable {
    let code: ClinicalCode
    let unit: String
    /// Values in units of the last decimal.
    let range: ClosedRange<Int>
    let decimals: Int
    /// A code of the system `observation-category`.
    let category: String
}

/// The codes that synthetic records draw from: a few common ones, so that a bundle looks like one and means nothing.
enum ClinicalVocabulary {
    static let snomed = "http://snomed.info/sct"
    static let loinc = "http://loinc.org"
    static let rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    static let ucum = "http://unitsofmeasure.org"

    static let encounters = [
        ClinicalCode(code: "185349003", display: "Encounter for check up (procedure)"),
        ClinicalCode(code: "185345009", display: "Encounter for symptom (procedure)"),
        ClinicalCode(code: "390906007", display: "Follow-up encounter (procedure)"),
        ClinicalCode(code: "162673000", display: "General examination of patient (procedure)"),
    ]

    static let conditions = [
        ClinicalCode(code: "38341003", display: "Hypertensive disorder, systemic arterial (disorder)"),
        ClinicalCode(code: "44054006", display: "Diabetes mellitus type 2 (disorder)"),
        ClinicalCode(code: "195967001", display: "Asthma (disorder)"),
        ClinicalCode(code: "444814009", display: "Viral sinusitis (disorder)"),
        ClinicalCode(code: "10509002", display: "Acute bronchitis (disorder)"),
        ClinicalCode(code: "195662009", display: "Acute viral pharyngitis (disorder)"),
        ClinicalCode(code: "55822004", display: "Hyperlipidemia (disorder)"),
        ClinicalCode(code: "271737000", display: "Anemia (disorder)"),
        ClinicalCode(code: "239873007", display: "Osteoarthritis of knee (disorder)"),
        ClinicalCode(code: "235595009", display: "Gastroesophageal reflux disease (disorder)"),
        ClinicalCode(code: "37796009", display: "Migraine (disorder)"),
    ]

    static let allergies = [
        ClinicalCode(code: "91935009", display: "Allergy to peanuts"),
        ClinicalCode(code: "91936005", display: "Allergy to penicillin"),
        ClinicalCode(code: "300913006", display: "Shellfish allergy"),
        ClinicalCode(code: "232350006", display: "House dust mite allergy"),
        ClinicalCode(code: "418689008", display: "Allergy to grass pollen"),
        ClinicalCode(code: "424213003", display: "Allergy to bee venom"),
    ]

    static let medications = [
        ClinicalCode(code: "314076", display: "Lisinopril 10 MG Oral Tablet"),
        ClinicalCode(code: "860975", display: "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet"),
        ClinicalCode(code: "313782", display: "Acetaminophen 325 MG Oral Tablet"),
        ClinicalCode(code: "310965", display: "Ibuprofen 200 MG Oral Tablet"),
        ClinicalCode(code: "197361", display: "Amlodipine 5 MG Oral Tablet"),
        ClinicalCode(code: "314231", display: "Simvastatin 10 MG Oral Tablet"),
        ClinicalCode(code: "310798", display: "Hydrochlorothiazide 25 MG Oral Tablet"),
    ]

    static let measurements = [
        Measurement(code: ClinicalCode(code: "8302-2", display: "Body Height"), unit: "cm", range: 1480...1990, decimals: 1, category: "vital-signs"),
        Measurement(code: ClinicalCode(code: "29463-7", display: "Body Weight"), unit: "kg", range: 450...1200, decimals: 1, category: "vital-signs"),
        Measurement(
            code: ClinicalCode(code: "39156-5", display: "Body Mass Index"), unit: "kg/m2", range: 1850...3600, decimals: 2, category: "vital-signs"),
        Measurement(
            code: ClinicalCode(code: "8480-6", display: "Systolic Blood Pressure"), unit: "mm[Hg]", range: 98...162, decimals: 0,
            category: "vital-signs"),
        Measurement(
            code: ClinicalCode(code: "8462-4", display: "Diastolic Blood Pressure"), unit: "mm[Hg]", range: 60...98, decimals: 0,
            category: "vital-signs"),
        Measurement(code: ClinicalCode(code: "8867-4", display: "Heart rate"), unit: "/min", range: 52...104, decimals: 0, category: "vital-signs"),
        Measurement(
            code: ClinicalCode(code: "9279-1", display: "Respiratory rate"), unit: "/min", range: 11...20, decimals: 0, category: "vital-signs"),
        Measurement(
            code: ClinicalCode(code: "8310-5", display: "Body temperature"), unit: "Cel", range: 360...391, decimals: 1, category: "vital-signs"),
        Measurement(code: ClinicalCode(code: "2339-0", display: "Glucose"), unit: "mg/dL", range: 6800...14200, decimals: 2, category: "laboratory"),
        Measurement(
            code: ClinicalCode(code: "4548-4", display: "Hemoglobin A1c/Hemoglobin.total in Blood"), unit: "%", range: 48...92, decimals: 1,
            category: "laboratory"),
        Measurement(
            code: ClinicalCode(code: "2093-3", display: "Total Cholesterol"), unit: "mg/dL", range: 14000...26000, decimals: 2, category: "laboratory"
        ),
        Measurement(
            code: ClinicalCode(code: "2571-8", display: "Triglycerides"), unit: "mg/dL", range: 8000...24000, decimals: 2, category: "laboratory"),
        Measurement(
            code: ClinicalCode(code: "2085-9", display: "High Density Lipoprotein Cholesterol"), unit: "mg/dL", range: 3500...8000, decimals: 2,
            category: "laboratory"),
        Measurement(
            code: ClinicalCode(code: "718-7", display: "Hemoglobin [Mass/volume] in Blood"), unit: "g/dL", range: 108...172, decimals: 1,
            category: "laboratory"),
    ]

    /// Given names that no one could take for a patient's; several are not ASCII, as names are not.
    static let givenNames = [
        "Synthea-Alma", "Probe-Łucja", "Muster-Jörg", "Example-Zoë", "Specimen-Ángel", "Sample-Žofie", "Dummy-Ngọc", "Trial-Søren",
    ]
}
