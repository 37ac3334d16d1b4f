import Testing
import Tokenizers

/// Byte-pair encoding against the plain algorithm: look at all pairs, merge the best one, again.
@Suite struct BytePairTests {
    /// A vocabulary of the letters a to d and `count` random concatenations of earlier pieces.
    private static func pieces(_ count: Int, _ generator: inout SeededGenerator, alphabet: [String]) -> [String] {
        var pieces = alphabet
        while pieces.count < alphabet.count + count {
            let left = pieces.randomElement(using: &generator) ?? ""
            let right = pieces.randomElement(using: &generator) ?? ""
            if left.utf8.count + right.utf8.count < 24, !pieces.contains(left + right) { pieces.append(left + right) }
        }
        return pieces
    }

    /// Merges the pair with the lowest `rank` (leftmost first) until none has one.
    private static func plainMerging(_ symbols: [String], rank: (String, String) -> Int?) -> [String] {
        var symbols = symbols
        while true {
            let ranked = symbols.indices.dropLast().compactMap { index in
                rank(symbols[index], symbols[index + 1]).map { (rank: $0, index: index) }
            }
            guard let best = ranked.min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) }) else { return symbols }
            symbols[best.index] += symbols.remove(at: best.index + 1)
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func byteLevelEqualsThePlainAlgorithm(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = BytePairTests.pieces(30, &generator, alphabet: ["a", "b", "c", "d"])
        var merges: [(String, String)] = []
        for piece in pieces.dropFirst(4) {
            // Every way to build the piece is a merge, in random order of ranks.
            for split in 1..<piece.count {
                let (left, right) = (String(piece.prefix(split)), String(piece.dropFirst(split)))
                if pieces.contains(left), pieces.contains(right) { merges.append((left, right)) }
            }
        }
        merges.shuffle(using: &generator)
        var gguf = GGUFVocabulary(model: "gpt2", tokens: pieces.map { Array($0.utf8) })
        gguf.preTokenizer = "gpt-2"
        gguf.merges = merges.map { Array("\($0.0) \($0.1)".utf8) }
        let tokenizer = try TokenizationPipeline(gguf: gguf)
        // Lengths on both sides of the bound between scanning and the heap.
        for count in [0, 1, 2, 3, 10, 60, 63, 64, 65, 200] {
            let text = generator.text(of: count, from: ["a", "b", "c", "d"])
            let expected = BytePairTests.plainMerging(text.map { String($0) }) { left, right in
                merges.firstIndex { $0.0 == left && $0.1 == right }
            }
            let ids = tokenizer.encode(text)
            #expect(ids.map { String(decoding: tokenizer.vocabulary.piece($0), as: UTF8.self) } == expected, "\(seed)")
            #expect(tokenizer.encode(text) == ids, "the remembered word, seed \(seed)")
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>, [true, false])
    func sentencePieceEqualsThePlainAlgorithm(seed: UInt64, hasInnerMarks: Bool) throws {
        var generator = SeededGenerator(seed: seed)
        var pieces = BytePairTests.pieces(30, &generator, alphabet: ["▁", "a", "b", "é"])
        // Without marks inside pieces the words are merged one by one, with them the text as a whole.
        if !hasInnerMarks { pieces.removeAll { $0.drop { $0 == "▁" }.contains("▁") } }
        // Few different scores: ties are decided from the left.
        let scores = pieces.map { _ in -Float(Int.random(in: 1...8, using: &generator)) }
        var gguf = GGUFVocabulary(model: "llama", tokens: [Array("<unk>".utf8)] + pieces.map { Array($0.utf8) })
        gguf.scores = [0] + scores
        gguf.tokenTypes = [2] + pieces.map { _ in 1 }
        gguf.specialTokens.unknown = 0
        gguf.addsBeginning = false
        let tokenizer = try TokenizationPipeline(gguf: gguf)
        for count in [1, 2, 5, 20, 70, 150] {
            let text = generator.text(of: count, from: [" ", "a", "b", "é"])
            let symbols = ("▁" + text.replacing(" ", with: "▁")).map { String($0) }
            let expected = BytePairTests.plainMerging(symbols) { left, right in
                pieces.firstIndex(of: left + right).map { -Int(scores[$0]) }
            }
            let found = tokenizer.encode(text).map { String(decoding: tokenizer.vocabulary.piece($0), as: UTF8.self) }
            #expect(found == expected, "seed \(seed), \(text)")
            #expect(tokenizer.decode(tokenizer.encode(text)) == text)
        }
    }

    @Test func uncoveredCharactersFallBackToBytes() throws {
        let bytes = (0..<256).map { "<0x" + (($0 < 16 ? "0" : "") + String($0, radix: 16).uppercased()) + ">" }
        var gguf = GGUFVocabulary(model: "llama", tokens: (["<unk>"] + bytes + ["▁", "a"]).map { Array($0.utf8) })
        gguf.scores = Array(repeating: 0, count: 259)
        gguf.tokenTypes = [2] + Array(repeating: 6, count: 256) + [1, 1]
        let tokenizer = try TokenizationPipeline(gguf: gguf)
        #expect(tokenizer.encode("aé🙂") == [257, 258, 0xC3 + 1, 0xA9 + 1, 0xF0 + 1, 0x9F + 1, 0x99 + 1, 0x82 + 1])
        #expect(tokenizer.decode(tokenizer.encode("aé🙂")) == "aé🙂")
        #expect(tokenizer.decode([258, 0xF0 + 1, 0x9F + 1, 258]) == "a\u{fffd}\u{fffd}a")
    }

    @Test func textThatIsNotUTF8IsRepaired() throws {
        var gguf = GGUFVocabulary(
            model: "gpt2",
            tokens: ["a", "ï", "¿", "½"].map { Array($0.utf8) } + [Array("aï".utf8)]
        )
        gguf.preTokenizer = "gpt-2"
        gguf.merges = [Array("a ï".utf8)]
        gguf.specialTokens.end = nil
        let tokenizer = try TokenizationPipeline(gguf: gguf)
        // U+FFFD is EF BF BD, the characters ï ¿ ½ of the byte alphabet; a cut sequence becomes one of them.
        #expect(tokenizer.encode(utf8: [0x61, 0xFF, 0x61, 0xF0, 0x9F], EncodingOptions()) == [0, 1, 2, 3, 0, 1, 2, 3])
    }
}
