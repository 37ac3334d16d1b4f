import Foundation
import TestSupport
import Testing
import Tokenizers

@testable import Lexicons

struct TokenTests {
    private static func form(_ text: String, mark: TokenForm.Mark = .begins) -> TokenForm {
        TokenForm(bytes: Array(text.utf8)[...], mark: mark)
    }

    private static func analyzer() throws -> TokenAnalyzer {
        let lexicon = try LexiconFixtures.lexicon(
            "lion\tn\tbeast animal\nlion\tn\tperson fame\nbear\tn\tbeast animal\nbear\tv\tcarry move\nwalk\tv\tmove\n"
        )
        let words = [
            "lion", "lions", "bear", "bears", "walk", "walks", "walking", "bearing", "talking", "talks", "talk",
        ]
        return TokenAnalyzer(
            lexicons: [lexicon],
            segmenter: try MorphemeModel(training: words.map { Array($0.utf8) })
        )
    }

    @Test func formsAreSeen() {
        #expect(Self.form("Lion").capitals == .first)
        #expect(Self.form("LION").capitals == .all)
        #expect(Self.form("L").capitals == .first)
        #expect(Self.form("iPhone").capitals == .mixed)
        #expect(Self.form("lion").capitals == .none)
        #expect(Self.form("日本").capitals == .none)
        #expect(Self.form("Ärger").text == Array("ärger".utf8))
        #expect(Self.form("123").kind == .sign)
        #expect(Self.form("b2b").kind == .word)
        let open = Self.form("vor@@")
        #expect(open.mark == .opens && open.text == Array("vor".utf8))
        #expect(TokenForm(bytes: [0xE6], mark: .continues).kind == .byte(0xE6))
        #expect(TokenForm(bytes: [0xE6, 0x97], mark: .continues).kind == .fragment)
        #expect(TokenForm(bytes: [0xE6, 0x97], mark: .continues).reading == "\\xe6\\x97")
        #expect(TokenForm(bytes: [], mark: .begins).kind == .sign)
    }

    @Test func vocabulariesAreAnalysed() throws {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[unused0]", "lions", "##ing", "Lion", ",", "42"]
        let pipeline = try TokenizationPipeline(vocabularyText: Array(pieces.joined(separator: "\n").utf8))
        let analyzer = try Self.analyzer()
        let found = (0..<pieces.count).map { analyzer.analysis(of: $0, in: pipeline.vocabulary) }
        #expect(
            found.map(\.cover) == [
                .special, .special, .special, .special, .special, .lexicon, .morphemes, .lexicon, .sign, .sign,
            ]
        )
        #expect(found[5].senses.map(\.sememes) == [["beast", "animal"], ["person", "fame"]])
        #expect(found[5].senses.allSatisfy { $0.lemma == Array("lion".utf8) })
        #expect(found[6].form.mark == .continues)
        let coverage = VocabularyCoverage(found)
        #expect(coverage.wholeWords == 2 && coverage.knownWholeWords == 2)
        #expect(coverage.tokens[.special] == 5)
    }

    private static func tuples(_ words: [(String, TokenForm.Mark)], _ options: UnitComposer.Options) throws
        -> UnitTuples
    {
        let analyzer = try analyzer()
        let analyses = words.map { analyzer.analysis(of: form($0.0, mark: $0.1)) }
        let frequencies = words.indices.map { 1 / Double($0 + 1) }
        return UnitComposer.tuples(of: analyses, segmenter: analyzer.segmenter, frequencies: frequencies, options)
    }

    @Test func tuplesFollowTheRules() throws {
        let tuples = try Self.tuples([("Walking", .begins), ("lion", .begins)], UnitComposer.Options(order: 3))
        let walking = tuples.tuples[0].indices.map { tuples.units(ofToken: 0, sense: $0) }
        // One sememe, the stem behind it, and a pad; the morphemes; mark and capitals.
        #expect(walking.count == 3)
        #expect(walking[0].first == .sememe("move", lexicon: 0))
        #expect(walking[0].last == .firstPad)
        let morphemes = walking[1].compactMap { unit in if case .morpheme(let bytes) = unit { bytes } else { nil } }
        #expect(morphemes.joined().elementsEqual("walking".utf8))
        #expect(walking[2] == [.mark(.begins), .capitals(.first), .firstPad])
        let lion = tuples.tuples[1].indices.map { tuples.units(ofToken: 1, sense: $0) }
        // A word with two senses; no tuple for its form, which is the usual one. Two distinct pads.
        #expect(lion.count == 3)
        #expect(lion[2] == [.morpheme(Array("lion".utf8)), .firstPad, .furtherPad])
        #expect(
            lion[0] == [.sememe("beast", lexicon: 0), .sememe("animal", lexicon: 0), .morpheme(Array("lion".utf8))]
        )
    }

    @Test func surplusMorphemesAreGlued() throws {
        let analyzer = TokenAnalyzer(
            lexicons: [],
            segmenter: MorphemeModel(
                counts: ["aa", "bb", "cc", "dd"].reduce(into: [:]) { $0[$1.unicodeScalars.map(\.value)[...]] = 5 },
                wordCount: 4
            )
        )
        let analyses = [analyzer.analysis(of: Self.form("aabbccdd"))]
        let glued = UnitComposer.tuples(of: analyses, segmenter: analyzer.segmenter, frequencies: [1], .init(order: 3))
        #expect(
            glued.units(ofToken: 0, sense: 0)
                == [.morpheme(Array("aa".utf8)), .morpheme(Array("bb".utf8)), .morpheme(Array("ccdd".utf8))]
        )
        let few = UnitComposer.tuples(
            of: analyses,
            segmenter: analyzer.segmenter,
            frequencies: [1],
            .init(order: 3, unitLimit: 64)
        )
        #expect(few.units(ofToken: 0, sense: 1) == [.morpheme(Array("dd".utf8)), .firstPad, .furtherPad])
    }

    @Test(arguments: [1, 2, 3, 4], [nil, 64, 200] as [Int?])
    func noTwoTokensShareAllUnits(_ order: Int, _ limit: Int?) throws {
        // The same word many times, as a hostile vocabulary may have it, beside others and tokens without meaning.
        let words =
            Array(repeating: ("lion", TokenForm.Mark.begins), count: 100) + [("walks", .begins), ("walk", .begins)]
            + (0..<70).map { ("\u{3}\($0)", .continues) }
        let tuples = try Self.tuples(words, UnitComposer.Options(order: order, unitLimit: limit))
        #expect(Set(tuples.tuples).count == words.count)
        #expect(tuples.resolvedCollisions >= 99)
        #expect(tuples.tuples.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.count == order } })
        for sense in tuples.tuples.joined() {
            for (slot, unit) in sense.enumerated() { #expect(Int(unit) < tuples.slots[slot].count) }
        }
        // The most frequent one keeps its units.
        let isDistinguished = { (token: Int) in
            tuples.tuples[token].indices.contains { sense in
                tuples.units(ofToken: token, sense: sense).contains {
                    if case .distinction = $0 { true } else { false }
                }
            }
        }
        #expect(!isDistinguished(0) && isDistinguished(1) && isDistinguished(99))
    }

    @Test func neighboursShareUnits() throws {
        let tuples = try Self.tuples(
            [("lion", .begins), ("walk", .begins), ("bear", .begins), ("lions", .begins), ("xyz", .begins)],
            UnitComposer.Options(order: 2)
        )
        let nearest = tuples.nearest(to: 0, count: 2).map(\.token)
        #expect(nearest == [3, 2] || nearest == [2, 3] || nearest.first == 3)
        #expect(tuples.nearest(to: 4, count: 3).allSatisfy { $0.shared > 0 })
    }

    @Test func digitsAreEnough() {
        for (count, order) in [(0, 2), (1, 1), (5, 1), (16, 2), (17, 2), (1000, 3), (1001, 3)] {
            let base = UnitComposer.digits(for: count, order: order)
            #expect((0..<order).reduce(1) { product, _ in product * base } >= count)
            #expect(base == 1 || (0..<order).reduce(1) { product, _ in product * (base - 1) } < count)
        }
    }
}
