import Foundation
import TestSupport
import Testing

@testable import Lexicons

struct MorphemeTests {
    private static func letters(_ text: String) -> ArraySlice<UInt32> { text.unicodeScalars.map(\.value)[...] }

    private static func words(_ list: [String]) -> [[UInt8]] { list.map { Array($0.utf8) } }

    private static func text(_ parts: [[UInt8]]) -> [String] { parts.map { String(decoding: $0, as: UTF8.self) } }

    /// Every stem with every ending: the shortest description names each once.
    private static let regular: [String] = {
        let stems = ["walk", "jump", "laugh", "paint", "climb", "shout", "brew", "crunch", "smooth", "föhn"]
        return stems.flatMap { stem in ["", "ing", "ed", "able", "er"].map { stem + $0 } }
    }()

    @Test func endingsAreFound() throws {
        let model = try MorphemeModel(training: Self.words(Self.regular))
        #expect(Self.text(model.segments(of: Array("walking".utf8))) == ["walk", "ing"])
        #expect(Self.text(model.segments(of: Array("föhnable".utf8))) == ["föhn", "able"])
        // A word that was never seen.
        #expect(Self.text(model.segments(of: Array("crunchinger".utf8))) == ["crunch", "ing", "er"])
    }

    @Test func partsJoinToTheWord() throws {
        let model = try MorphemeModel(training: Self.words(Self.regular))
        for word in Self.regular + ["", "x", "日本語", "walk😀ing", "zzzzzzzzzz", String(repeating: "walk", count: 50)] {
            #expect(model.segments(of: Array(word.utf8)).joined().elementsEqual(word.utf8))
        }
        let small = model.limited(to: 3)
        #expect(small.morphemeCount < model.morphemeCount + 40)
        for word in Self.regular { #expect(small.segments(of: Array(word.utf8)).joined().elementsEqual(word.utf8)) }
    }

    /// Viterbi against all ways to cut a word.
    @Test func segmentationIsTheCheapest() throws {
        let counts = ["a": 3, "b": 2, "ab": 4, "ba": 1, "aba": 2, "bb": 1]
        let model = MorphemeModel(
            counts: Dictionary(uniqueKeysWithValues: counts.map { (Self.letters($0.key), $0.value) }),
            wordCount: 5
        )
        let total = Double(counts.values.reduce(5, +))
        func cost(_ parts: [String]) -> Double {
            parts.reduce(0) { $0 + (counts[$1].map { log(total) - log(Double($0)) } ?? .infinity) }
        }
        for number in 0..<64 {
            let word = (0..<6).map { number >> $0 & 1 == 0 ? "a" : "b" }.joined()
            var best = Double.infinity
            for cuts in 0..<32 {
                var parts = [""]
                for (place, letter) in word.enumerated() {
                    if place > 0, cuts >> (place - 1) & 1 == 1 { parts.append("") }
                    parts[parts.count - 1].append(letter)
                }
                best = min(best, cost(parts))
            }
            #expect(abs(cost(Self.text(model.cheapestSegments(of: Array(word.utf8)))) - best) < 1e-9)
        }
    }

    @Test func lettersStandAtTheEndOnly() {
        let counts = ["a": 9, "b": 9, "s": 9, "lion": 9].map { (Self.letters($0.key), $0.value) }
        let model = MorphemeModel(counts: Dictionary(uniqueKeysWithValues: counts), wordCount: 9)
        let expected = [
            "lions": ["lion", "s"], "lionas": ["liona", "s"], "alion": ["alion"], "as": ["as"], "abs": ["ab", "s"],
        ]
        for (word, parts) in expected { #expect(Self.text(model.segments(of: Array(word.utf8))) == parts, "\(word)") }
    }

    /// The running length against one computed from the counts alone.
    @Test func descriptionLengthIsExact() {
        var running = DescriptionLength(wordCount: 7, corpusWeight: 1.5)
        var counts: [String: Int] = [:]
        let steps = [("ab", 2), ("b", 1), ("abc", 3), ("ab", -2), ("c", 4), ("b", 2), ("abc", -1), ("dd", 1)]
        for (morpheme, difference) in steps {
            let old = counts[morpheme] ?? 0
            running.change(Self.letters(morpheme), from: old, to: old + difference)
            counts[morpheme] = old + difference == 0 ? nil : old + difference
            let occurrences = Double(counts.values.reduce(0, +))
            let types = Double(counts.count)
            let spelt = counts.keys.joined()
            let kinds = Dictionary(grouping: spelt, by: { $0 }).mapValues { Double($0.count) }
            let signs = Double(spelt.count) + types
            func xlogx(_ x: Double) -> Double { x > 0 ? x * log(x) : 0 }
            func choose(_ n: Double, _ k: Double) -> Double {
                n > k && k > 0 ? lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) : 0
            }
            let words = xlogx(occurrences + 7) - xlogx(7) - counts.values.reduce(0) { $0 + xlogx(Double($1)) }
            let lexicon = xlogx(signs) - xlogx(types) - kinds.values.reduce(0) { $0 + xlogx($1) } - lgamma(types + 1)
            let expected =
                1.5 * words + choose(occurrences - 1, types - 1) + lexicon + choose(signs - 1, Double(kinds.count))
            // Stirling's formula is off by less than 1/(360 n³).
            #expect(abs(running.total - expected) < 0.02, "\(running.total), \(expected)")
        }
    }

    @Test func trainingShortensTheDescriptionAndRepeats() throws {
        let first = try MorphemeModel(training: Self.words(Self.regular))
        let again = try MorphemeModel(training: Self.words(Self.regular.reversed() + Self.regular))
        #expect(first.counts == again.counts)
        #expect(first.morphemeCount < Self.regular.count)
    }

    @Test func nothingToLearnFromIsAnError() {
        #expect(throws: LexiconError.self) { try MorphemeModel(training: []) }
        #expect(throws: LexiconError.self) { try MorphemeModel(training: [[]]) }
    }

    @Test func tablesAreRead() throws {
        let cases: [(MorphemeTable.Form, String, String, [String])] = [
            (.sigmorphon, "patronesses\tpatron @@ess @@s\t110\n", "patronesses", ["patron", "ess", "s"]),
            (.morphynetDerivations, "happy\thappiness\tADJ\tNOUN\tness\tsuffix\n", "happiness", ["happy", "ness"]),
            (.morphynetDerivations, "happy\tunhappy\tADJ\tADJ\tun\tprefix\n", "unhappy", ["un", "happy"]),
            (.morphynetInflections, "walk\twalking\tV|V.PTCP;PRS\twalk|ing\n", "walking", ["walk", "ing"]),
            (.morphynetInflections, "sheep\tsheep\tN|PL\t-\n", "sheep", ["sheep"]),
        ]
        for (form, text, word, parts) in cases {
            let table = try LexiconFixtures.withFile(text.utf8) { try MorphemeTable($0, form: form) }
            #expect(table.segments[Array(word.utf8)].map(Self.text) == parts)
            let bad = text + "nonsense\n"
            try LexiconFixtures.withFile(bad.utf8) { path in
                let error = #expect(throws: LexiconError.self) { try MorphemeTable(path, form: form) }
                #expect(error?.place == "line 2")
                let skipped = try MorphemeTable(path, form: form, badLines: .skipped).skipped
                #expect(skipped == 1)
            }
        }
    }

    @Test func morphTESegmentationsAreRead() throws {
        let text = """
            {"mor_set_src": ["a", "b@@"], "word2mor_src": {"ab@@": ["a", "b@@"], "a": ["a"]},
             "mor_set_tgt": ["c"], "word2mor_tgt": {"c": ["c"]}}
            """
        let read = try LexiconFixtures.withFile(text.utf8) { try MorphTESegmentation($0) }
        #expect(read.source.tokens.map(\.token) == ["ab@@", "a"])
        #expect(read.source.tokens[0].morphemes == ["a", "b@@"])
        #expect(read.target.morphemes == ["c"])
        for bad in ["", "[]", "{}", text.replacingOccurrences(of: #"["c"]}}"#, with: #"[1]}}"#)] {
            #expect(throws: LexiconError.self) {
                try LexiconFixtures.withFile(bad.utf8) { try MorphTESegmentation($0) }
            }
        }
    }

    /// The published counts of parameters, from vocabulary and morphemes alone.
    @Test func publishedCountsAreReproduced() {
        func count(_ tokens: Int, _ morphemes: Int, _ rank: Int, dimension: Int = 512) -> Int {
            MorphTEForm(tokens: tokens, morphemes: morphemes, order: 3, rank: rank, dimension: dimension).parameterCount
        }
        #expect(count(8848, 3013, 7) == 195_272)
        #expect(count(6632, 2744, 7) == 173_560)
        #expect(count(8848, 3013, 7) + count(6632, 2744, 7) == 368_832)
        #expect(count(8848, 3013, 3) + count(6632, 2744, 3) == 184_608)
        #expect(count(12_333, 5152, 1) == 78_215)
        #expect(count(16_936, 5572, 4) == 229_112)
    }

    /// The same from the segmentation that MorphTE's authors published.
    @Test func publishedCountsComeFromThePublishedFile() throws {
        guard let file = TestFiles.reference("morphemes/iwslt14deen_bpe10000_morSeg_results.json") else { return }
        let read = try MorphTESegmentation(file.path)
        func count(rank: Int) -> Int {
            [read.source, read.target].reduce(0) {
                $0 + MorphTEForm($1, order: 3, rank: rank, dimension: 512).parameterCount
            }
        }
        #expect(count(rank: 7) == 368_832)
        #expect(count(rank: 3) == 184_608)
    }
}
