import Foundation
import Identity
import Node
import TestSupport
import Testing

@Suite struct HostFilesTests {
    private static func mode(_ path: String) throws -> Int16? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.int16Value
    }

    @Test(arguments: [0, 1, 65_536, 200_000])
    func `what was written is read`(count: Int) throws {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(seed: 5)
        let bytes = random.bytes(count: count)
        let path = folder.path(of: "file")
        try HostFiles.write(bytes, to: path)
        #expect(try HostFiles.read(path, limit: count) == bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func `a file is replaced as a whole, and nothing is left beside it`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "file")
        try HostFiles.write([1, 2, 3, 4], to: path)
        let old = try #require(FileHandle(forReadingAtPath: path))
        try HostFiles.write([9], to: path)
        #expect(try HostFiles.read(path, limit: 10) == [9])
        // Whoever had it open goes on reading what was there: the file was replaced, not overwritten.
        #expect(try old.readToEnd() == Data([1, 2, 3, 4]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func `a failed write leaves the old file and nothing else`() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "taken/inside")
        #expect(throws: HostFileError.self) { try HostFiles.write([2], to: folder.path(of: "taken")) }
        #expect(throws: HostFileError.self) { try HostFiles.write([2], to: folder.path(of: "missing/file")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
        #expect(folder.read("taken/inside") == [1])
    }

    @Test func `a secret is readable by its owner alone, whatever an interrupted write has left`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "key")
        try folder.write([0], to: "key.new")
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path + ".new")
        try HostFiles.write([1], to: path, mode: 0o600)
        #expect(try Self.mode(path) == 0o600)
        try HostFiles.write([2], to: path, mode: 0o600)
        #expect(try Self.mode(path) == 0o600)
    }

    @Test func `a link in the place of the unfinished file is not followed`() throws {
        let folder = try TemporaryFolder()
        try folder.write([7], to: "victim")
        try FileManager.default.createSymbolicLink(atPath: folder.path(of: "key.new"), withDestinationPath: folder.path(of: "victim"))
        try HostFiles.write([1], to: folder.path(of: "key"), mode: 0o600)
        #expect(folder.read("victim") == [7])
        #expect(folder.read("key") == [1])
    }

    @Test func `a missing file is nil, a folder and a path through a file are errors`() throws {
        let folder = try TemporaryFolder()
        #expect(try HostFiles.read(folder.path(of: "none"), limit: 10) == nil)
        #expect(throws: HostFileError.self) { try HostFiles.read(folder.path, limit: 10) }
        try folder.write([1], to: "file")
        #expect(throws: HostFileError.self) { try HostFiles.read(folder.path(of: "file/inside"), limit: 10) }
    }

    @Test func `a file above the limit is refused with the limit`() throws {
        let folder = try TemporaryFolder()
        try folder.write([1, 2, 3], to: "file")
        let path = folder.path(of: "file")
        #expect(try HostFiles.read(path, limit: 3) == [1, 2, 3])
        #expect(throws: HostFileError(path: path, reason: "is larger than 2 bytes")) { try HostFiles.read(path, limit: 2) }
    }

    @Test func `folders are made with all above them, and making them again is no error`() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 { try HostFiles.makeFolders(folder.path(of: "a/b/c")) }
        try HostFiles.write([1], to: folder.path(of: "a/b/c/file"))
        #expect(folder.read("a/b/c/file") == [1])
        #expect(throws: HostFileError.self) { try HostFiles.makeFolders(folder.path(of: "a/b/c/file/d")) }
    }

    @Test func `a tree's secrets are for their owner alone, the rest for everybody`() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandomSource(exactSeed: 4)
        var authority = try DevelopmentAuthority(
            organization: OrganizationSpec(mspID: "Org1MSP", domain: "org1.example", kind: .peer), random: &random,
            validity: ValidityPeriod(notBefore: 0, notAfter: 4_000_000_000))
        try authority.issue(commonName: "peer0.org1.example", role: .peer, random: &random)
        let tree = authority.cryptogenFolder()
        try tree.write(to: folder.path(of: "organizations"))
        #expect(tree.files.contains { $0.isSecret })
        for file in tree.files {
            let path = folder.path(of: "organizations/" + file.path)
            #expect(try HostFiles.read(path, limit: 1 << 20) == file.bytes, "\(file.path)")
            let mode = try #require(try Self.mode(path))
            #expect(file.isSecret ? mode == 0o600 : mode & 0o004 != 0, "\(file.path)")
        }
    }
}
