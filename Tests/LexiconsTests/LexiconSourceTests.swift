import Foundation
import TestSupport
import Testing

@testable import Lexicons

struct LexiconSourceTests {
    @Test func tablesNameTheirColumns() throws {
        let text =
            "#lemma\tid\tpos\tsememes\tcount\nlion\tx\tn\tbeast animal beast\t2\nlion\ty\tn\tperson\t5\n# \tz\tn\tsign\t0\n"
        let loaded = try LexiconFixtures.withFile(text.utf8) { try Lexicon.table($0) }
        #expect(loaded.skipped == 0)
        // The more frequent sense first; a repeated sememe once; `#` is a word after the first line.
        #expect(loaded.lexicon.names("lion") == [["person"], ["beast", "animal"]])
        #expect(loaded.lexicon.names("#") == [["sign"]])
        #expect(loaded.lexicon.wordCount == 2)
    }

    @Test func tablesWithoutNamesHaveTwoOrThreeColumns() throws {
        let lexicon = try LexiconFixtures.lexicon("Haus\tbuilding\r\nrun\tv\tmove fast\nrun\tn\tact\nrun\tn\tact\n")
        #expect(lexicon.names("haus") == [["building"]])
        #expect(lexicon.names("run") == [["move", "fast"], ["act"]])
        #expect(
            lexicon.names("runs") == [["act"], ["move", "fast"]]
                || lexicon.names("runs") == [["move", "fast"], ["act"]]
        )
        #expect(lexicon.names("nothing").isEmpty)
    }

    @Test func jsonLinesAreRead() throws {
        let text = """
            {"word": "lion", "pos": "n", "count": 3, "sememes": ["beast", "animal"], "note": 1}

            {"word": "é", "sememes": ["letter"]}
            """
        let lexicon = try LexiconFixtures.withFile(text.utf8) { try Lexicon.jsonLines($0).lexicon }
        #expect(lexicon.names("lion") == [["beast", "animal"]])
        #expect(lexicon.names("é") == [["letter"]])
        // Another spelling of the same character is another word.
        #expect(lexicon.names("e\u{301}").isEmpty)
    }

    @Test func hownetRecordsAreRead() throws {
        let text = """
            NO.=000000000001
            W_C=苹果
            G_C=noun [ping2 guo3]
            E_C=
            W_E=apple
            G_E=noun [1]
            DEF={tree|树:{reproduce|生殖:PatientProduct={fruit|水果},agent={~}}}
            RMK=

            NO.=000000000002
            W_C=苹果
            G_C=noun
            W_E=
            G_E=
            DEF={fruit|水果}
            RMK=
            """
        try LexiconFixtures.withFile(text.utf8, named: "HowNet.txt") { path in
            #expect(Lexicon.hasHowNetRecords(path))
            let english = try Lexicon.hownet(path).lexicon
            #expect(english.names("apple") == [["tree|树", "reproduce|生殖", "fruit|水果"]])
            // Found by the English rules.
            #expect(english.names("apples").count == 1)
            #expect(english.wordCount == 1)
            let chinese = try Lexicon.hownet(path, language: .chinese).lexicon
            #expect(chinese.names("苹果") == [["tree|树", "reproduce|生殖", "fruit|水果"], ["fruit|水果"]])
            #expect(chinese.senses(of: "苹果".utf8).map(\.partOfSpeech) == [.noun, .noun])
        }
    }

    @Test func alternatingLinesAreRead() throws {
        let text = "\n尾 非 \n标志 \n记号 事物\n"
        let lexicon = try LexiconFixtures.withFile(text.utf8) { path in
            #expect(!Lexicon.hasHowNetRecords(path))
            return try Lexicon.alternatingLines(path).lexicon
        }
        #expect(lexicon.names("标志") == [["记号", "事物"]])
        #expect(lexicon.names("") == [["尾", "非"]])
    }

    /// Each bad text, the line that is wrong, and a word of the cause.
    static let badTables: [(text: [UInt8], line: Int, cause: String)] = [
        (Array("lion\tbeast\nlion\n".utf8), 2, "1 columns"), (Array("lion\t\n".utf8), 1, "no sememe"),
        (Array("a\tb\n\tbeast\n".utf8), 2, "empty"), (Array("#word\tmeaning\n".utf8), 1, "sememes"),
        (Array("#word\tsememes\tcount\na\tb\tmany\n".utf8), 2, "many"),
        (Array("a\tb\n".utf8) + [0x6C, 0xE9, 0x09, 0x62, 0x0A], 2, "UTF-8"), (Array("a\tb\nc\0\td\n".utf8), 2, "NUL"),
        ([0xFF, 0xFE, 0x61, 0x00], 1, "UTF-16"), (Array("a\tb\tc\td\te\n".utf8), 1, "5 columns"),
    ]

    @Test(arguments: badTables.indices)
    func badLinesNameFileAndLine(_ index: Int) throws {
        let (text, line, cause) = Self.badTables[index]
        try LexiconFixtures.withFile(text) { path in
            let error = #expect(throws: LexiconError.self) { try Lexicon.table(path) }
            #expect(error?.file == path)
            #expect(error?.place == "line \(line)")
            #expect(error?.cause.contains(cause) == true, "\(error?.cause ?? "")")
        }
    }

    @Test func badLinesAreSkippedAndCounted() throws {
        let text = Array("lion\tbeast\nlion\n\tx\n".utf8) + [0xFF, 0x0A] + Array("bear\tbeast\n".utf8)
        let loaded = try LexiconFixtures.withFile(text) { try Lexicon.table($0, badLines: .skipped) }
        #expect(loaded.skipped == 3)
        #expect(loaded.lexicon.wordCount == 2)
        // Nothing good is left.
        #expect(throws: LexiconError.self) {
            try LexiconFixtures.withFile(Array("lion\n".utf8)) { try Lexicon.table($0, badLines: .skipped) }
        }
        #expect(throws: LexiconError.self) { try LexiconFixtures.withFile([]) { try Lexicon.table($0) } }
        #expect(throws: LexiconError.self) { try Lexicon.table("/nowhere/at/all") }
        #expect(throws: LexiconError.self) { try Lexicon.table("/") }
    }

    @Test func longLinesTakeNoMemory() throws {
        // Twice the limit, between good lines; the reader goes on behind it.
        let long = [UInt8](repeating: 0x61, count: 2 * LineReader.longestLine + 7)
        let text = Array("lion\tbeast\n".utf8) + long + Array("\nbear\tbeast\n".utf8)
        try LexiconFixtures.withFile(text) { path in
            let error = #expect(throws: LexiconError.self) { try Lexicon.table(path) }
            #expect(error?.place == "line 2")
            let loaded = try Lexicon.table(path, badLines: .skipped)
            #expect(loaded.skipped == 1)
            #expect(loaded.lexicon.contains(Array("bear".utf8)))
        }
    }

    @Test(arguments: [
        "W_E=apple\n", "NO.=1\nW_E=apple\nDEF={}\n", "NO.=1\nnonsense\n", "NO.=1\nHUH=1\n",
        "NO.=1\nW_E=apple\nNO.=2\nW_E=b\nDEF={c|c}\n",
    ])
    func badRecordsAreRefused(_ text: String) throws {
        try LexiconFixtures.withFile(text.utf8) { path in
            let error = #expect(throws: LexiconError.self) { try Lexicon.hownet(path) }
            #expect(error?.file == path && error?.place.hasPrefix("line ") == true)
        }
    }

    @Test func badJSONLinesAreRefused() throws {
        for text in [
            "{", "[]", #"{"word": ""}"#, #"{"word": "a", "sememes": [1]}"#,
            #"{"word": "a", "sememes": ["b"], "count": -1}"#,
        ] {
            try LexiconFixtures.withFile("{\"word\": \"a\", \"sememes\": [\"b\"]}\n\(text)\n".utf8) { path in
                let error = #expect(throws: LexiconError.self) { try Lexicon.jsonLines(path) }
                #expect(error?.place == "line 2")
            }
        }
    }
}
