import Foundation
import JSONText
import TestSupport
import Testing

@testable import Runtime

/// BLEU against sacrebleu's; `Tools/generate/bleu_goldens.py` makes the golden file.
@Suite struct BLEUTests {
    private func golden() throws -> JSONValue {
        let file = TestFiles.root.appending(path: "Tests/Golden/BLEU/expected.json")
        return try JSONValue(parsing: Array(Data(contentsOf: file)))
    }

    @Test func scoresAreSacrebleus() throws {
        let corpora = try #require(try golden()["corpora"]?.elements)
        #expect(corpora.count >= 30)
        for corpus in corpora {
            func texts(_ key: String) -> [String] { corpus[key]?.elements?.compactMap(\.string) ?? [] }
            func counts(_ key: String) -> [Int] { corpus[key]?.elements?.compactMap(\.int) ?? [] }
            var bleu = BLEU()
            for (translation, reference) in zip(texts("translations"), texts("references")) {
                bleu.add(translation, reference: reference)
            }
            #expect(bleu.correct == counts("correct") && bleu.total == counts("total"))
            #expect(bleu.length == corpus["length"]?.int && bleu.referenceLength == corpus["referenceLength"]?.int)
            let expected = try #require(corpus["bleu"]?.double)
            #expect(abs(bleu.score - expected) < 1e-9, "\(texts("translations"))")
        }
    }

    @Test func wordsAreSacrebleus() throws {
        let lines = try #require(try golden()["lines"]?.elements)
        for line in lines {
            let words = MTEvalTokenizer.words(of: line["line"]?.string ?? "").map { word in
                String(String.UnicodeScalarView(word))
            }
            #expect(words.joined(separator: " ") == line["words"]?.string)
        }
    }

    @Test func nothingIsNothing() {
        var bleu = BLEU()
        #expect(bleu.score == 0)
        bleu.add("", reference: "a word")
        #expect(bleu.score == 0 && bleu.brevityPenalty == 0)
    }
}
