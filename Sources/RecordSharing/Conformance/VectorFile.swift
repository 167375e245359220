import Foundation

/// One JSON file of vectors; the only place in this module that touches files or Foundation.
struct VectorFile {
    let name: String
    private let data: Data

    private struct Probe: Decodable {
        let format: String
    }

    /// The `.json` files directly in a directory, by name.
    static func all(in directory: String) throws(SharingConformanceError) -> [VectorFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
        } catch {
            throw .directoryNotReadable(directory)
        }
        var files: [VectorFile] = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
            let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
            guard let size, size <= Limits.vectorFileBytes, let data = FileManager.default.contents(atPath: path) else {
                throw .fileNotReadable(name)
            }
            files.append(VectorFile(name: name, data: data))
        }
        return files
    }

    init(name: String, bytes: [UInt8]) {
        self.init(name: name, data: Data(bytes))
    }

    private init(name: String, data: Data) {
        self.name = name
        self.data = data
    }

    /// What the file says it holds, or nil if it says nothing.
    var format: String? { try? JSONDecoder().decode(Probe.self, from: data).format }

    func decode<Content: Decodable>(_ type: Content.Type) throws(SharingConformanceError) -> Content {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw .badVectorFile(name)
        }
    }
}
