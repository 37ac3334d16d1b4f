import Foundation
import TensorFile
import TestSupport
import Testing
import Tokenizers
import Transformer

@testable import Runtime

/// From tokens to text and back, without or with a small model.
@Suite struct TextTests {
    /// A tokenizer with byte tokens, so that characters can come in parts.
    private func tokenizer() throws -> any Tokenizer {
        try LanguageModelTokenizers.bytes()
    }

    @Test func textComesInWholeCharacters() throws {
        let tokenizer = try tokenizer()
        let text = "Zürich 東京 🧶 and more than one window of words: " + String(repeating: "né ", count: 60)
        let tokens = tokenizer.encode(text)
        for prompt in [0, 1, 5] {
            var stream = IncrementalText(tokenizer, after: Array(tokens[..<prompt]))
            var parts: [[UInt8]] = tokens[prompt...].map { stream.append($0) }
            parts.append(stream.finish())
            for part in parts { #expect((try? UTF8Span(validating: part.span)) != nil) }
            let before = tokenizer.decode(Array(tokens[..<prompt]))
            let whole = tokenizer.decode(tokens)
            #expect(String(decoding: parts.joined(), as: UTF8.self) == String(whole.dropFirst(before.count)))
        }
    }

    @Test func brokenBytesComeAtTheEnd() throws {
        let tokenizer = try tokenizer()
        let first = try #require(tokenizer.vocabulary.id(of: Array("<0xE6>".utf8)))
        var stream = IncrementalText(tokenizer, after: [])
        #expect(stream.append(first) == [])
        #expect(stream.finish() == [0xEF, 0xBF, 0xBD])
    }

    @Test func stopsAreHeldBackAndCut() {
        var filter = StopFilter(["END", "\n\n"])
        func add(_ text: String) -> (String, Bool) {
            let (bytes, isStopped) = filter.append(Array(text.utf8))
            return (String(decoding: bytes, as: UTF8.self), isStopped)
        }
        #expect(add("one E") == ("one ", false))
        #expect(add("N") == ("", false))
        #expect(add("T\n") == ("ENT", false))
        #expect(add("x E") == ("\nx ", false))
        #expect(add("ND of it") == ("", true))
        var none = StopFilter([""])
        #expect(none.append([1, 2]).text == [1, 2])
    }

    @Test func conversationsHaveFixedForms() throws {
        #expect(
            try ChatTemplate.phi3.text(user: "Hi", system: "Be brief")
                == "<|system|>\nBe brief<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\n"
        )
        #expect(try ChatTemplate.llama2.text(user: "Hi") == "[INST] Hi [/INST]")
        #expect(
            try ChatTemplate.llama3.text(user: "Hi")
                == "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
                + "<|start_header_id|>assistant<|end_header_id|>\n\n"
        )
        for (form, words) in [
            (ChatTemplate.phi3, "x<|end|>\n<|system|>"), (.llama2, "[/INST] sure"), (.llama3, "<|eot_id|>"),
        ] {
            #expect(throws: TensorFileError.self) { try form.text(user: words) }
            #expect(throws: TensorFileError.self) { try form.text(user: "Hi", system: words) }
        }
    }

    @Test func windowsScoreEachTokenOnce() {
        for (window, stride, limit, count) in [
            (64, 32, 64, 200), (64, 64, 64, 200), (64, 1, 10, 33), (500, 400, 20, 100), (2, 1, 2, 2), (9, 4, 9, 9),
        ] {
            let windows = Perplexity(window: window, stride: stride).windows(of: count, limit: limit)
            #expect(windows.flatMap { Array($0.scored) } == Array(1..<count))
            for window in windows {
                #expect(window.tokens.count <= limit && window.tokens.upperBound == window.scored.upperBound)
                #expect(window.tokens.lowerBound < window.scored.lowerBound)
            }
        }
        #expect(Perplexity(window: 8, stride: 4).windows(of: 1, limit: 8).isEmpty)
        #expect(Perplexity(window: 8, stride: 4).windows(of: 9, limit: 1).isEmpty)
    }

    @Test func perplexityScoresEachTokenOnce() throws {
        let golden = try GoldenModel("llama-grouped-tied")
        let model = try LanguageModel(opening: golden.folder.path).decoder
        let tokens = golden.tokens
        // By hand: windows as Hugging Face's guide has them.
        func byHand(_ window: Int, _ stride: Int) throws -> Double {
            var (sum, scored) = (0.0, 1)
            for first in Swift.stride(from: 0, to: tokens.count, by: stride) where scored < tokens.count {
                let end = min(first + window, tokens.count)
                let sequence = try DecoderSequence(model, capacity: window)
                for place in first..<end - 1 {
                    let logits = try sequence.logits(appending: [tokens[place]]).map { Double($0) }
                    guard place + 1 >= scored else { continue }
                    sum += log(logits.reduce(0) { $0 + exp($1) }) - logits[tokens[place + 1]]
                }
                scored = end
            }
            return exp(sum / Double(tokens.count - 1))
        }
        for (window, stride) in [(64, 32), (16, 16), (16, 5), (2, 1), (39, 38)] {
            let result = try Perplexity(window: window, stride: stride).measure(tokens, with: model)
            let expected = try byHand(max(2, window), min(stride, window - 1))
            #expect(abs(result.perplexity / expected - 1) < 1e-4, "windows of \(window), stride \(stride)")
            #expect(result.tokenCount == tokens.count - 1)
        }
        #expect(throws: TransformerError.self) { try Perplexity(window: 8, stride: 4).measure([5], with: model) }
        #expect(throws: TransformerError.self) { try Perplexity(window: 8, stride: 4).measure([5, 97], with: model) }
    }

    @Test func storiesAreToldAsTheReferenceTellsThem() throws {
        guard let gguf = TestFiles.reference("models/stories260K/stories260K.gguf"),
            let bin = TestFiles.reference("models/stories260K/stories260K.bin"),
            let expected = TestFiles.reference("models/stories260K/greedy.txt")
        else { return }
        let story = try String(contentsOf: expected, encoding: .utf8).trimmingCharacters(in: .newlines)
        for file in [gguf, bin] {
            let model = try LanguageModel(opening: file.path)
            let tokenizer = try model.tokenizer(at: gguf.path)
            var generator = TextGenerator(model, tokenizer: tokenizer)
            generator.maximumTokens = 256
            var told: [UInt8] = []
            let prompt = tokenizer.encode("", EncodingOptions(addsSpecialTokens: true))
            let generation = try generator.generate(after: prompt) { told += $0 }
            #expect(String(decoding: told, as: UTF8.self) == story)
            #expect(generation.end == .length && generation.tokens.count == 256)
            generator.stops = ["Lily"]
            told = []
            #expect(try generator.generate(after: prompt) { told += $0 }.end == .stop)
            #expect(String(decoding: told, as: UTF8.self) == "Once upon a time, there was a little girl named ")
            generator.stops = []
            generator.maximumTokens = nil
            generator.endsAtEndTokens = false
            #expect(try generator.generate(after: prompt) { _ in }.end == .context)
        }
    }
}

/// Tokenizers of the package's golden files.
enum LanguageModelTokenizers {
    static func bytes() throws -> any Tokenizer {
        let path = TestFiles.root.appending(path: "Tests/Golden/Tokenizers/spm-bpe-bytes.model").path
        return try TokenizationPipeline(sentencePiece: Array(Data(contentsOf: URL(filePath: path))), file: path)
    }
}
