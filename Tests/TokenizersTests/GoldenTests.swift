import Checkpoints
import Foundation
import JSONText
import TestSupport
import Testing
import Tokenizers

/// Small tokenizers of every kind against what Hugging Face's tokenizers, sentencepiece and transformers make of the
/// same texts (Tests/Golden/Tokenizers/make_goldens.py).
@Suite struct GoldenTests {
    static let folder = TestFiles.root.appending(path: "Tests/Golden/Tokenizers")

    /// What a reference did with every text.
    struct Expectation {
        var texts: [String]
        var ids: [[Int]]
        var framed: [[Int]]?
        var decoded: [String]
        var decodedWithSpecial: [String]?

        init(_ name: String) throws {
            let file = GoldenTests.folder.appending(path: "expected.json")
            let all = try JSONValue(parsing: Array(Data(contentsOf: file)))
            let value = try #require(all[name], "\(name) is not in expected.json")
            let lists = { (key: String) in value[key]?.elements?.map { ($0.elements ?? []).compactMap(\.int) } }
            let strings = { (key: String) in value[key]?.elements?.compactMap(\.string) }
            let allTexts = all["texts"]?.elements?.compactMap(\.string)
            texts = try #require(allTexts)
            ids = try #require(lists("ids"))
            framed = lists("framed")
            decoded = try #require(strings("decoded"))
            decodedWithSpecial = strings("decodedWithSpecial")
        }
    }

    @Test(arguments: [
        "gpt2.json", "llama3.json", "qwen2.json", "falcon.json", "regex.json", "wordpiece.json", "llama.json",
        "unigram.json", "endofword.json", "words.json", "spm-unigram.model", "spm-unigram-bytes.model",
        "spm-bpe.model", "spm-bpe-bytes.model", "spm-suffix.model", "spm-bare.model", "marian",
    ])
    func equalsItsReference(name: String) throws {
        let expected = try Expectation(name)
        let tokenizer = try TokenizerLoading.tokenizer(at: GoldenTests.folder.appending(path: name).path)
        for (index, text) in expected.texts.enumerated() {
            let comment = Comment(rawValue: "\(name), text \(index): \(text.debugDescription)")
            #expect(tokenizer.encode(text) == expected.ids[index], comment)
            if let framed = expected.framed {
                #expect(tokenizer.encode(text, EncodingOptions(addsSpecialTokens: true)) == framed[index], comment)
            }
            // Compared as bytes: String equality takes e + U+0301 for é.
            let decoded = tokenizer.decodedUTF8(expected.ids[index], keepsSpecialTokens: false)
            #expect(decoded == Array(expected.decoded[index].utf8), comment)
            if let withSpecial = expected.decodedWithSpecial {
                let kept = tokenizer.decodedUTF8(expected.ids[index], keepsSpecialTokens: true)
                #expect(kept == Array(withSpecial[index].utf8), comment)
            }
        }
    }

    @Test func byteLevelTextsComeBack() throws {
        for name in ["gpt2.json", "llama3.json", "regex.json"] {
            let tokenizer = try TokenizerLoading.tokenizer(at: GoldenTests.folder.appending(path: name).path)
            for text in try Expectation(name).texts where !text.contains("<extra>") && !text.contains("<|end|>") {
                #expect(Array(tokenizer.decode(tokenizer.encode(text)).utf8) == Array(text.utf8), "\(name)")
            }
        }
    }
}
