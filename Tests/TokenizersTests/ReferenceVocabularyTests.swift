import Checkpoints
import Foundation
import TestSupport
import Testing
import Tokenizers

/// Real vocabularies of the optional reference data.
@Suite struct ReferenceVocabularyTests {
    /// llama.cpp's own cases: texts separated by a marker line, ids one line a text.
    @Test(arguments: ["phi-3", "llama-spm", "gpt-2", "bert-bge"])
    func equalsLlamaCppOnItsCases(name: String) throws {
        let path = "vocabularies/ggml-vocab-\(name).gguf"
        guard let file = TestFiles.reference(path), let texts = TestFiles.reference(path + ".inp"),
            let ids = TestFiles.reference(path + ".out")
        else { return }
        let tokenizer = try TokenizerLoading.tokenizer(at: file.path)
        let separator = "\n__ggml_vocab_test__\n"
        let cases = try String(contentsOf: texts, encoding: .utf8).components(separatedBy: separator)
        let expected = try String(contentsOf: ids, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        #expect(cases.count == 47 && expected.count >= 46)
        for (text, line) in zip(cases, expected) {
            #expect(tokenizer.encode(text) == line.split(separator: " ").compactMap { Int($0) }, "\(text)")
        }
    }

    @Test func gpt2FilesAndContainerAgree() throws {
        guard let container = TestFiles.reference("vocabularies/ggml-vocab-gpt-2.gguf"),
            let vocabulary = TestFiles.reference("tokenizers/gpt2_vocab.json"),
            let text = TestFiles.reference("corpora/tinystories.196k.txt")
        else { return }
        let fromContainer = try TokenizerLoading.tokenizer(at: container.path)
        let fromFiles = try TokenizerLoading.tokenizer(at: vocabulary.path)
        let lines = try String(contentsOf: text, encoding: .utf8).split(separator: "\n").prefix(200).map(String.init)
        #expect(lines.count == 200)
        for line in lines {
            let ids = fromFiles.encode(line)
            #expect(fromContainer.encode(line, EncodingOptions(readsControlTokens: true)) == ids)
            #expect(fromFiles.decode(ids, keepsSpecialTokens: true) == line)
        }
    }

    @Test func marianReadsItsOwnLanguagePair() throws {
        guard let folder = TestFiles.reference("models/marian-de-en"),
            let text = TestFiles.reference("corpora/multi30k.test_2016_flickr.de")
        else { return }
        let tokenizer = try TokenizerLoading.tokenizer(at: folder.path)
        #expect(tokenizer.vocabulary.count == 8001)
        #expect(tokenizer.vocabulary.specialTokens.end == 0)
        for line in try String(contentsOf: text, encoding: .utf8).split(separator: "\n").prefix(200) {
            let ids = tokenizer.encode(String(line), EncodingOptions(addsSpecialTokens: true))
            #expect(ids.last == 0)
            if !ids.contains(1) { #expect(tokenizer.decode(ids) == String(line).trimmed, "\(line)") }
        }
    }

    /// Phi-3's chat template: control tokens in a prompt swallow the white space behind them.
    @Test func phi3ReadsControlTokensOnlyOnRequest() throws {
        guard let file = TestFiles.reference("vocabularies/ggml-vocab-phi-3.gguf") else { return }
        let tokenizer = try TokenizerLoading.tokenizer(at: file.path)
        let reads = EncodingOptions(addsSpecialTokens: true, readsControlTokens: true)
        #expect(tokenizer.encode("Hello <s> world</s> abc", reads) == [1, 15043, 29871, 1, 29871, 3186, 2, 25638])
        #expect(tokenizer.encode("world</s> abc") == [3186, 829, 29879, 29958, 25638])
        #expect(tokenizer.decode([1, 15043, 3186, 2]) == "Hello world")
        #expect(tokenizer.decode([1, 15043, 2], keepsSpecialTokens: true) == "<s> Hello</s>")
    }
}

extension String {
    /// The text without spaces at its ends and with single spaces, as SentencePiece's normalization leaves it.
    fileprivate var trimmed: String { split(separator: " ").joined(separator: " ") }
}
