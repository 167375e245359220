import Chaincode
import ContractVM
import LedgerModel
import Testing

@Suite struct HistoryPageTests {
    private func channel(_ changes: Int, limits: InvocationLimits = .standard) throws -> InMemoryChannel {
        let channel = InMemoryChannel.withProbe(limits: limits)
        for number in 0..<changes { try channel.fill([("n", "\(number)")]) }
        return channel
    }

    /// Reads one page as a contract does; values in order, then the bookmark.
    private func page(_ channel: InMemoryChannel, _ size: Int32, _ bookmark: String = "") throws -> (response: ChaincodeResponse, text: [String]) {
        let probe = Probe { (context) throws(ContractError) in
            let page = try context.historyPage(of: "n", pageSize: size, bookmark: bookmark)
            let values = page.entries.map { String(decoding: $0.value, as: UTF8.self) }
            return Array((values + [page.bookmark]).joined(separator: ",").utf8)
        }
        channel.replace(probe)
        let result = try channel.simulate("probe", arguments: [Array("run".utf8)], as: alice).result
        let text = String(decoding: result.response.payload, as: UTF8.self)
        return (result.response, text.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    @Test(arguments: [1, 2, 3, 100, 101, 120, 121] as [Int32])
    func `pages join to the whole history, newest first`(_ size: Int32) throws {
        let channel = try channel(120)
        var values: [String] = []
        var bookmark = ""
        var pages = 0
        repeat {
            let page = try page(channel, size, bookmark)
            #expect(page.response.status == 200, "\(page.response.message)")
            values += page.text.dropLast()
            bookmark = page.text.last ?? ""
            pages += 1
        } while !bookmark.isEmpty
        #expect(values == (0..<120).reversed().map(String.init))
        #expect(pages == (120 + Int(size) - 1) / Int(size))
    }

    @Test(arguments: ["x", "1", "1.", ".1", "1.2.3", "01.2", "1.02", "-1.2", "1.2 ", "99999999999999999999999.1", "18446744073709551616.0"])
    func `what is no bookmark is refused`(_ bookmark: String) throws {
        let response = try page(channel(2), 1, bookmark).response
        #expect(response.status == 400 && response.message.hasPrefix("invalid-page: "))
    }

    @Test func `a page size below one is refused, and a bookmark beyond the end gives an empty page`() throws {
        let channel = try channel(2)
        #expect(try page(channel, 0).response.message.hasPrefix("invalid-page: "))
        #expect(try page(channel, 5, "18446744073709551615.18446744073709551615").text == [""])
    }

    @Test func `the limit on entries counts all pages of a transaction, and a page of a longer history is within it`() throws {
        let channel = try channel(150, limits: .standard.with(.historyEntries, 120))
        #expect(try page(channel, 120).response.status == 200)
        #expect(try page(channel, 121).response.message.contains("121, at most 120"))
        let twice = try channel.probe { (context) throws(ContractError) in
            let first = try context.historyPage(of: "n", pageSize: 100)
            _ = try context.historyPage(of: "n", pageSize: 21, bookmark: first.bookmark)
        }
        #expect(twice.result.response.message.contains("limit-exceeded"))
        // The whole is over it, and is refused after one entry too many was loaded, not after all.
        let all = try channel.probe { (context) throws(ContractError) in _ = try context.history(of: "n") }
        #expect(all.result.response.message.contains("121, at most 120"))
    }
}
