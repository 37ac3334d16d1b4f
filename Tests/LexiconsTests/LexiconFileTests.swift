import Foundation
import TestSupport
import Testing

@testable import Lexicons

struct LexiconFileTests {
    static func lexicon() throws -> Lexicon {
        try LexiconFixtures.withWordNet { try Lexicon.wordNet($0).lexicon }
    }

    @Test func filesKeepEverything() throws {
        let lexicon = try Self.lexicon()
        let bytes = LexiconFile.bytes(of: lexicon)
        #expect(try LexiconFile.lexicon(bytes) == lexicon)
        #expect(LexiconFile.bytes(of: try Self.lexicon()) == bytes)
        try LexiconFixtures.withFile(bytes) { path in
            #expect(LexiconFile.isLexicon(path))
            let read = try LexiconFile.lexicon(path)
            #expect(read == lexicon)
        }
        let plain = try LexiconFixtures.withFile("é\tletter\n".utf8) { try Lexicon.table($0).lexicon }
        #expect(try LexiconFile.lexicon(LexiconFile.bytes(of: plain)) == plain)
    }

    /// The worked example of the module's README.
    @Test func theExampleIsTrue() throws {
        let lexicon = try LexiconFixtures.withFile("cat\tn\tanimal\ncar\tn\tvehicle\n".utf8) {
            try Lexicon.table($0).lexicon
        }
        let expected: [UInt8] =
            Array("SEELEX".utf8) + [0, 1, 5] + Array("table".utf8) + [2, 6] + Array("animal".utf8) + [7]
            + Array("vehicle".utf8) + [2, 1, 1, 1, 0, 2] + [0, 3] + Array("car".utf8) + [1, 1, 0] + [2, 1]
            + Array("t".utf8) + [1, 9, 0] + [0]
        #expect(LexiconFile.bytes(of: lexicon) == expected)
    }

    @Test func damagedFilesAreRefused() throws {
        let bytes = LexiconFile.bytes(of: try Self.lexicon())
        for count in 0..<bytes.count {
            #expect(throws: LexiconError.self) { try LexiconFile.lexicon(Array(bytes.prefix(count))) }
        }
        #expect(throws: LexiconError.self) { try LexiconFile.lexicon(bytes + [0]) }
        // Any other byte anywhere: refused or read as another lexicon, never a trap.
        for place in bytes.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var damaged = bytes
                damaged[place] = value
                if let read = try? LexiconFile.lexicon(damaged) {
                    #expect(read.wordCount <= bytes.count)
                }
            }
        }
        var newer = bytes
        newer[7] = 9
        let error = #expect(throws: LexiconError.self) { try LexiconFile.lexicon(newer) }
        #expect(error?.cause.contains("version 9") == true)
    }
}
