import CryptoPrimitives
import Foundation
import Ledger
import LedgerModel
import TestSupport
import Testing

@testable import Node

/// What a key has signed on a chain, when its node leaves the channel and comes back.
struct SignedRecordTests {
    private let folder: TemporaryFolder
    private let channels: ChannelFolder
    private let genesis: OrderedBlock

    init() throws {
        self.folder = try TemporaryFolder("signed-record")
        self.channels = ChannelFolder(root: self.folder.path(of: "ordering"))
        self.genesis = try NodeNetwork().genesis
    }

    private func names(_ folder: String = "ordering") throws -> [String] { try SystemFiles().list(self.folder.path(of: folder)).sorted() }

    private func join(_ files: [String] = [MemberDisk.recordFile, MemberDisk.guardFile, "pool-log"]) throws {
        try self.channels.note(self.genesis, of: "records")
        for file in files { try self.folder.write(Array(file.utf8), to: "ordering/records/" + file) }
    }

    private func number(of folder: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: self.folder.path(of: folder))[.systemFileNumber] as? Int
    }

    @Test func `record and guard stay in their folder, and come back with the chain that they are of`() throws {
        try self.join()
        let number = try self.number(of: "ordering/records")
        try self.channels.removeFiles(of: "records")
        let kept = try #require(try self.names().first)
        #expect(try self.names().count == 1 && kept.hasPrefix(".") && kept.hasSuffix(".signed"))
        #expect(try self.names("ordering/" + kept) == [MemberDisk.recordFile, MemberDisk.guardFile])
        // Another chain of the same name has nothing to do with it.
        let other = OrderedBlock(number: 0, previousHash: [1], envelopes: [[1]])
        try self.channels.restoreSigned(other, of: "records")
        #expect(try self.names() == [kept])
        try self.channels.restoreSigned(self.genesis, of: "records")
        #expect(try self.names() == ["records"] && self.names("ordering/records") == [MemberDisk.recordFile, MemberDisk.guardFile])
        #expect(try self.number(of: "ordering/records") == number)
        try self.channels.note(self.genesis, of: "records")
        // Once more, and a node that never signed leaves nothing.
        try self.channels.removeFiles(of: "records")
        #expect(try self.names() == [kept])
        try self.join(["blocks"])
        #expect(throws: HostFileError.self) { try self.channels.restoreSigned(self.genesis, of: "records") }
        try self.channels.removeFiles(of: "records")
        #expect(try self.names() == [kept])
    }

    @Test func `a removal that ends at any step is finished by the next one, and loses neither`() throws {
        let expected = [MemberDisk.recordFile, MemberDisk.guardFile]
        for step in 0..<4 {
            try? FileManager.default.removeItem(atPath: self.channels.root)
            try self.join()
            let aside = self.folder.path(of: "ordering/.records.removed")
            if step > 0 { try SystemFiles().rename(self.folder.path(of: "ordering/records"), to: aside) }
            if step > 1 { try SystemFiles().removeFile(aside + "/pool-log") }
            if step > 2 {
                let target = self.folder.path(of: "ordering/." + Base16.encode(Array(self.genesis.headerHash.prefix(16))) + ".signed")
                try SystemFiles().rename(aside, to: target)
            }
            try self.channels.removeFiles(of: "records")
            let kept = try #require(try self.names().first)
            #expect(try self.names().count == 1 && self.names("ordering/" + kept).filter { $0 != "genesis.block" } == expected, "\(step)")
            try self.channels.restoreSigned(self.genesis, of: "records")
            #expect(try self.names("ordering/records") == expected, "\(step)")
        }
    }
}
