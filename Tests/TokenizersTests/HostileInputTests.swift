import Foundation
import TestSupport
import Testing
import Tokenizers

/// Broken and hostile vocabularies: an error with a place, never a trap, never a large allocation.
@Suite struct HostileInputTests {
    private static func golden(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: TestFiles.root.appending(path: "Tests/Golden/Tokenizers/\(name)")))
    }

    private func gguf(_ model: String = "llama", _ tokens: [String] = ["<unk>", "a", "b", "ab"]) -> GGUFVocabulary {
        var gguf = GGUFVocabulary(model: model, tokens: tokens.map { Array($0.utf8) })
        gguf.scores = Array(repeating: -1, count: tokens.count)
        return gguf
    }

    private func expectRefusal(
        _ gguf: GGUFVocabulary,
        at place: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: sourceLocation) {
            try TokenizationPipeline(gguf: gguf, file: "m.gguf")
        } throws: { error in
            let error = error as? TokenizerError
            return error?.file == "m.gguf" && error?.place == place && error?.cause.isEmpty == false
        }
    }

    @Test func scoresShorterThanTokens() {
        var vocabulary = gguf()
        vocabulary.scores = [0, 0]
        expectRefusal(vocabulary, at: "tokenizer.ggml.scores")
    }

    @Test func missingScores() {
        var vocabulary = gguf()
        vocabulary.scores = []
        expectRefusal(vocabulary, at: "tokenizer.ggml.scores")
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func scoreThatIsNoNumber(score: Float) {
        var vocabulary = gguf()
        vocabulary.scores[2] = score
        expectRefusal(vocabulary, at: "tokenizer.ggml.scores[2]")
    }

    @Test(arguments: [7, -1, 255, .max, .min])
    func tokenTypeOutOfRange(type: Int) {
        var vocabulary = gguf()
        vocabulary.tokenTypes = [2, 1, type, 1]
        expectRefusal(vocabulary, at: "tokenizer.ggml.token_type[2]")
    }

    @Test(arguments: ["<0x-1>", "<0xG0>", "<0x1>", "<0x123>", "a", "<0X0A>", "<0x +>"])
    func byteTokenThatIsNotHexadecimal(text: String) {
        var vocabulary = gguf("llama", ["<unk>", "b", text])
        vocabulary.tokenTypes = [2, 1, 6]
        expectRefusal(vocabulary, at: "tokenizer.ggml.tokens[2]")
    }

    @Test(arguments: [4, -1, Int.max, Int.min, 1 << 31])
    func specialTokenOutsideTheVocabulary(id: Int) {
        var vocabulary = gguf()
        vocabulary.specialTokens.end = id
        expectRefusal(vocabulary, at: "the end token")
    }

    @Test func specialTokenThatSaysNone() throws {
        var vocabulary = gguf()
        vocabulary.specialTokens.padding = Int(UInt32.max)
        #expect(try TokenizationPipeline(gguf: vocabulary).vocabulary.specialTokens.padding == nil)
    }

    @Test func sameTokenTwice() {
        expectRefusal(gguf("llama", ["<unk>", "a", "a"]), at: "tokenizer.ggml.tokens[2]")
    }

    @Test func emptyVocabulary() {
        expectRefusal(GGUFVocabulary(model: "llama", tokens: []), at: "tokenizer.ggml.tokens")
    }

    @Test(arguments: ["", " ", "a", "a ", "ab"])
    func mergeOfWrongForm(merge: String) {
        var vocabulary = gguf("gpt2")
        vocabulary.preTokenizer = "gpt-2"
        vocabulary.merges = [Array("a b".utf8), Array(merge.utf8)]
        expectRefusal(vocabulary, at: "tokenizer.ggml.merges[1]")
    }

    @Test func mergeOfUnknownPieces() {
        var vocabulary = gguf("gpt2")
        vocabulary.preTokenizer = "gpt-2"
        vocabulary.merges = [Array("b a".utf8)]
        expectRefusal(vocabulary, at: "tokenizer.ggml.merges 0")
    }

    @Test func unknownModelAndPreTokenizer() {
        expectRefusal(gguf("wav2vec"), at: "tokenizer.ggml.model")
        var vocabulary = gguf("gpt2")
        vocabulary.preTokenizer = "gpt-9"
        expectRefusal(vocabulary, at: "tokenizer.ggml.pre")
    }

    @Test(arguments: [
        [0, 0, 0], [255, 255, 255, 255, 0, 0, 0, 0], [8, 0, 0, 0, 1, 2, 3, 4], [4, 0, 0, 0, 0, 0, 0, 0, 0xFF],
    ])
    func brokenCharacterMap(bytes: [UInt8]) {
        var vocabulary = gguf("t5", ["<pad>", "</s>", "<unk>", "a"])
        vocabulary.characterMap = bytes
        expectRefusal(vocabulary, at: "tokenizer.ggml.precompiled_charsmap")
    }

    @Test func characterMapThatPointsOutside() throws {
        var vocabulary = gguf("t5", ["<pad>", "</s>", "<unk>", "a"])
        // A root unit with a far offset, and one that leads to itself.
        for unit: UInt32 in [0xFFFF_FFFF, 0x0000_0100, 0x3FFF_FF00, 0x0000_0400] {
            vocabulary.characterMap = [4, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: unit >> (8 * $0)) }
            #expect(try TokenizationPipeline(gguf: vocabulary).encode("aé a").isEmpty == false)
        }
    }

    @Test(arguments: [
        // A length of 2^63, of 2^64 - 1, a number of 11 bytes, field 0, wire type 3, an end inside a number.
        [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0x02, 0x00], [0x0B], [0x08, 0x80], [0x0D, 1, 2, 3], [0x0A, 0x01],
    ])
    func brokenProtocolBuffer(bytes: [UInt8]) {
        #expect(throws: TokenizerError.self) { try TokenizationPipeline(sentencePiece: bytes, file: "x.model") }
    }

    @Test(arguments: ["spm-unigram.model", "spm-bpe-bytes.model"])
    func everyPrefixAndManyMutationsOfAModel(name: String) throws {
        let bytes = try HostileInputTests.golden(name)
        for end in stride(from: 0, to: bytes.count, by: 7) {
            _ = try? TokenizationPipeline(sentencePiece: Array(bytes[..<end])).encode("The river é 1")
        }
        mutating(bytes, times: 300) { mutated in
            _ = try? TokenizationPipeline(sentencePiece: mutated).encode("The river é 1 ﬁ Ａ")
        }
    }

    @Test(arguments: ["gpt2.json", "wordpiece.json", "unigram.json", "llama.json"])
    func everyPrefixAndManyMutationsOfATokenizer(name: String) throws {
        let bytes = try HostileInputTests.golden(name)
        for end in stride(from: 0, to: bytes.count, by: 61) {
            #expect(throws: TokenizerError.self) { try TokenizationPipeline(tokenizerJSON: Array(bytes[..<end])) }
        }
        mutating(bytes, times: 150) { mutated in
            let tokenizer = try? TokenizationPipeline(tokenizerJSON: mutated)
            _ = tokenizer?.decode(tokenizer?.encode("The river é 1 <|end|>") ?? [])
        }
    }

    /// Changes a few random bytes of `bytes`, again and again, from a fixed seed.
    private func mutating(_ bytes: [UInt8], times: Int, _ body: ([UInt8]) -> Void) {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<times {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutated[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                    in: .min ... .max,
                    using: &generator
                )
            }
            body(mutated)
        }
    }

    @Test(arguments: [
        (#"{}"#, "model"), (#"[]"#, "byte 0"), (#"{"model":{"type":"Neural","vocab":{"a":0}}}"#, "model.type"),
        (#"{"model":{"type":"BPE","vocab":{},"merges":[]}}"#, "model.vocab"),
        (#"{"model":{"type":"BPE","vocab":{"a":99999999},"merges":[]}}"#, "model.vocab"),
        (#"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#, "model.vocab"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}"#, "model.merges 0"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}"#, "model.merges[0]"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}"#, "model.dropout"),
        (#"{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}"#, "model.unk_id"),
        (#"{"model":{"type":"Unigram","vocab":{"a":0}}}"#, "model.vocab"),
        (#"{"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"[UNK]"}}"#, "model.unk_token"),
        (
            #"{"normalizer":{"type":"Precompiled","precompiled_charsmap":"?"},"model":{"type":"WordLevel","vocab":{"a":0}}}"#,
            "normalizer.precompiled_charsmap"
        ),
        (
            #"{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("}},"model":{"type":"WordLevel","vocab":{"a":0}}}"#,
            "pre_tokenizer"
        ),
        (#"{"decoder":{"type":"CTC"},"model":{"type":"WordLevel","vocab":{"a":0}}}"#, "decoder"),
        (
            #"{"post_processor":{"type":"BertProcessing","sep":["a",7],"cls":["a",0]},"model":{"type":"WordLevel","vocab":{"a":0}}}"#,
            "post_processor"
        ),
        (#"{"added_tokens":[{"content":"x"}],"model":{"type":"WordLevel","vocab":{"a":0}}}"#, "added_tokens[0]"),
    ])
    func brokenTokenizerJSON(text: String, place: String) {
        #expect {
            try TokenizationPipeline(tokenizerJSON: Array(text.utf8), file: "tokenizer.json")
        } throws: { error in
            (error as? TokenizerError)?.place == place && (error as? TokenizerError)?.file == "tokenizer.json"
        }
    }

    @Test func deeplyNestedParts() {
        let depth = 60
        let normalizer =
            String(repeating: #"{"type":"Sequence","normalizers":["#, count: depth) + #"{"type":"NFC"}"#
            + String(repeating: "]}", count: depth)
        let text = #"{"normalizer":"# + normalizer + #","model":{"type":"WordLevel","vocab":{"a":0}}}"#
        #expect(throws: TokenizerError.self) { try TokenizationPipeline(tokenizerJSON: Array(text.utf8)) }
    }

    @Test func brokenVocabularyFiles() {
        #expect(throws: TokenizerError.self) { try TokenizationPipeline(vocabularyText: []) }
        #expect(throws: TokenizerError.self) { try TokenizationPipeline(vocabularyText: Array("a\nb\n".utf8)) }
        #expect(throws: TokenizerError.self) {
            try TokenizationPipeline(vocabularyJSON: Array("{}".utf8), merges: [])
        }
        #expect {
            try TokenizationPipeline(
                vocabularyJSON: Array(#"{"a":0,"b":1}"#.utf8),
                merges: Array("#version\na b\n".utf8)
            )
        } throws: { error in
            (error as? TokenizerError)?.file == "merges.txt"
        }
    }

    @Test func idsOutsideTheVocabularyDecodeToNothing() throws {
        let tokenizer = try TokenizationPipeline(gguf: gguf())
        #expect(tokenizer.decode([-1, .max, .min, 4, 3]) == "ab")
    }

    @Test func messagesHoldNoControlCharacters() {
        let error = TokenizerError(file: "a\u{1b}[2J", place: "p", cause: "c\n", remedy: "r")
        #expect(error.description == "a\\u{1b}[2J: p: c\\u{a}; r")
    }
}
