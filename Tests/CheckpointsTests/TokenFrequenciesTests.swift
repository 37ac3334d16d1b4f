import Foundation
import TensorFile
import TestSupport
import Testing

@testable import Checkpoints
@testable import Tokenizers

struct TokenFrequenciesTests {
    /// `[PAD] [UNK] [CLS] [SEP] [unused0] é . the lion ##ing`
    private static func wordPiece() throws -> TokenizationPipeline {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[unused0]", "é", ".", "the", "lion", "##ing"]
        return try TokenizationPipeline(vocabularyText: Array(pieces.joined(separator: "\n").utf8))
    }

    @Test func rankingsFollowZipf() throws {
        let found = TokenFrequencies(tokenizer: try Self.wordPiece(), rowCount: 12).probabilities
        #expect(found.count == 12)
        #expect(abs(found.reduce(0, +) - 1) < 1e-12)
        #expect(found.allSatisfy { $0 > 0 })
        // The full stop, the words in order, the lone letter that no English text has.
        #expect(found[6] > found[7] && found[7] > found[8] && found[8] > found[9] && found[9] > found[5])
        // 1 / (rank + 20), ranks from 0.
        #expect(abs(found[6] / found[7] - 21.0 / 20) < 1e-12)
        // [CLS] and [SEP] frame every text; padding, placeholders and rows past the vocabulary never come.
        #expect(found[2] == found[6] && found[3] == found[6])
        #expect([0, 4, 10, 11].allSatisfy { found[$0] == found[5] })
    }

    @Test func rowsMayBeFewerThanTokens() throws {
        for count in [0, 1, 3, 7] {
            let found = TokenFrequencies(tokenizer: try Self.wordPiece(), rowCount: count)
            #expect(found.probabilities.count == count)
            #expect(found.probabilities.allSatisfy { $0 > 0 && $0.isFinite })
            #expect(found.weights().count == count)
        }
    }

    @Test func weightsAreOneOnAverage() throws {
        let frequencies = TokenFrequencies(tokenizer: try Self.wordPiece(), rowCount: 10)
        for exponent in [0, 0.5, 1] {
            let weights = frequencies.weights(exponent: exponent)
            #expect(abs(weights.reduce(0, +) - 10) < 1e-4)
            let expected = pow(frequencies.probabilities[7] / frequencies.probabilities[8], exponent)
            #expect(abs(Double(weights[7] / weights[8]) - expected) < 1e-5)
        }
    }

    @Test func textsAreCounted() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "text.txt").path
            try Data("the lioning\nthe lion the".utf8).write(to: URL(filePath: path))
            let tokenizer = try Self.wordPiece()
            let found = try TokenFrequencies(counting: InputFile(path), by: tokenizer, rowCount: 10)
            // 3 the, 2 lion, 1 ##ing, 2 [CLS], 2 [SEP]: one token is seen once, so the unseen ones share one count.
            let prior = TokenFrequencies(tokenizer: tokenizer, rowCount: 10).probabilities
            for (id, count) in [7: 3.0, 8: 2, 9: 1, 2: 2, 3: 2, 5: 0, 6: 0] {
                #expect(abs(found.probabilities[id] - (count + prior[id]) / 11) < 1e-12)
            }
        }
    }

    @Test func aTextWithoutTokensIsRefused() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "empty.txt").path
            try Data().write(to: URL(filePath: path))
            let error = #expect(throws: TensorFileError.self) {
                try TokenFrequencies(counting: InputFile(path), by: try Self.wordPiece(), rowCount: 10)
            }
            #expect(error?.file == path)
        }
    }

    @Test func unreadableTokenizersMakeUniformWeights() throws {
        try TestFiles.withTemporaryFolder { folder in
            // Its vocabulary is "[PAD]" alone, without the unknown token that WordPiece needs.
            let model = try RoadTests.makeModel(in: folder)
            let checkpoint = try Checkpoint(opening: model)
            let workspace = try Workspace(
                importing: checkpoint,
                tables: checkpoint.findTables(),
                tokenizer: "WordPiece",
                to: folder.appending(path: "work").path,
                replacing: false
            ) { _ in }
            let found = try workspace.frequencies(.tokenizer, rowCount: 200)
            #expect(found.origin.hasPrefix("uniform: the tokenizer cannot be read"))
            #expect(Set(found.probabilities) == [1.0 / 200])
            #expect(throws: TokenizerError.self) { try workspace.frequencies(.text("x"), rowCount: 200) }
        }
    }

    /// Nearer to what is counted in English text than a uniform guess, for every kind of vocabulary: cross entropy in nats.
    @Test(arguments: ["ggml-vocab-bert-bge.gguf", "ggml-vocab-gpt-2.gguf", "ggml-vocab-phi-3.gguf"])
    func realVocabulariesSaySomething(name: String) throws {
        guard let file = TestFiles.reference("vocabularies/\(name)"),
            let text = TestFiles.reference("corpora/wikitext-2.valid.txt")
        else { return }
        let tokenizer = try TokenizerLoading.tokenizer(at: file.path)
        let count = tokenizer.vocabulary.count
        let prior = TokenFrequencies(tokenizer: tokenizer, rowCount: count)
        let counted = try TokenFrequencies(counting: InputFile(text.path), by: tokenizer, rowCount: count)
        func crossEntropy(_ model: [Double]) -> Double {
            zip(counted.probabilities, model).reduce(0) { $0 - $1.0 * log($1.1) }
        }
        let uniform = log(Double(count))
        #expect(crossEntropy(prior.probabilities) < uniform - 0.8, "\(crossEntropy(prior.probabilities)), \(uniform)")
        #expect(crossEntropy(counted.probabilities) <= crossEntropy(prior.probabilities))
    }

    @Test func unigramScoresAreProbabilities() throws {
        guard let folder = TestFiles.reference("models/marian-de-en") else { return }
        let tokenizer = try TokenizerLoading.tokenizer(at: folder.path)
        let count = tokenizer.vocabulary.count
        let found = TokenFrequencies(tokenizer: tokenizer, rowCount: count)
        #expect(found.origin.contains("unigram"))
        let pieces = try SentencePieceFile(Array(Data(contentsOf: folder.appending(path: "source.spm")))).pieces
        let normal = pieces.filter { $0.kind == .normal }
        // Two pieces' probabilities stand in the ratio of their scores' exponentials where both sides share the model.
        let ids = normal.prefix(50).compactMap { tokenizer.vocabulary.id(of: $0.text) }
        #expect(ids.count == 50)
        for (i, id) in ids.enumerated().dropFirst() {
            let ratio = found.probabilities[id] / found.probabilities[ids[0]]
            #expect(abs(ratio / exp(Double(normal[i].score - normal[0].score)) - 1) < 1e-3)
        }
    }
}
