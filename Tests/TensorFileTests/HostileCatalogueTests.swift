import Foundation
import TestSupport
import Testing

/// Holds `Formats/HostileInputs.md` to the tests: the list is complete, and each row's test is where the row says.
@Suite struct HostileCatalogueTests {
    private struct Row {
        let id: String
        let file: String
    }

    private static func rows() throws -> [Row] {
        let text = try String(contentsOf: TestFiles.root.appending(path: "Formats/HostileInputs.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, cells[0].count == 3, Int(cells[0].dropFirst()) != nil else { return nil }
            return Row(id: cells[0], file: cells[3].trimmingCharacters(in: CharacterSet(charactersIn: "`")))
        }
    }

    @Test func theListIsComplete() throws {
        let ids = try Self.rows().map(\.id)
        let expected = [("S", 30), ("X", 8), ("G", 33), ("N", 17), ("Z", 18)].flatMap { letter, count in
            (1...count).map { letter + ($0 < 10 ? "0\($0)" : "\($0)") }
        }
        #expect(expected.count == 106)
        #expect(ids == expected)
    }

    @Test func everyRowHasItsTest() throws {
        for row in try Self.rows() {
            let file = TestFiles.root.appending(path: "Tests").appending(path: row.file)
            let source = try String(contentsOf: file, encoding: .utf8)
            #expect(source.contains(row.id), "\(row.id) is not in \(row.file)")
        }
    }
}
