import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Transformer

/// Searches for translations against their plain statement.
@Suite struct TranslationTests {
    private func options(beams: Int, length: Int = 6) -> TranslationOptions {
        var options = TranslationOptions(startToken: 39, endTokens: [0], maximumLength: length)
        options.beams = beams
        return options
    }

    /// log softmax of the scores after `tokens`, computed from the beginning.
    private func logProbabilities(_ model: TranslationModel, _ text: [Int], after tokens: [Int]) throws -> [Double] {
        let state = try TranslationState(model, reading: RaggedBatch([text]))
        var scores = Matrix(rows: 1, columns: model.head.tokenCount)
        for token in tokens {
            try state.append([token]) { hidden in
                scores.withMutableView { model.head.write(logitsOf: hidden, to: $0) }
            }
        }
        let peak = Double(scores.elements.max() ?? 0)
        let sum = scores.elements.reduce(0.0) { $0 + exp(Double($1) - peak) }
        return scores.elements.map { Double($0) - peak - log(sum) }
    }

    @Test func greedyTakesTheBestTokenOfARecomputedState() throws {
        let model = EncoderFixtures.translator()
        let texts = EncoderFixtures.texts([5, 9, 1])
        let found = try model.translate(RaggedBatch(texts), options(beams: 1, length: 12))
        for (text, translation) in zip(texts, found) {
            var tokens = [39]
            while tokens.count < 12 {
                let scores = try logProbabilities(model, text, after: tokens)
                let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
                tokens.append(best)
                if best == 0 { break }
            }
            #expect(translation == tokens.dropFirst().filter { $0 != 0 })
        }
    }

    /// With as many beams as there are beginnings, nothing is lost: the result is the best of all translations.
    @Test func enoughBeamsFindTheBest() throws {
        let model = EncoderFixtures.translator(vocabulary: 6)
        let text = [1, 4, 2]
        for penalty: Float in [0, 1, 2] {
            var options = TranslationOptions(startToken: 5, endTokens: [0], maximumLength: 4)
            options.beams = 40
            options.lengthPenalty = penalty
            options.earlyStopping = .never
            var best: (score: Double, tokens: [Int]) = (-.infinity, [])
            func search(_ tokens: [Int], _ sum: Double) throws {
                let scores = try logProbabilities(model, text, after: tokens)
                for token in scores.indices {
                    let total = sum + scores[token]
                    if token == 0 || tokens.count + 1 == options.maximumLength {
                        let length = Double(tokens.count)
                        let score = penalty == 0 ? total : penalty == 1 ? total / length : total / (length * length)
                        if score > best.score { best = (score, tokens.dropFirst() + (token == 0 ? [] : [token])) }
                    } else {
                        try search(tokens + [token], total)
                    }
                }
            }
            try search([5], 0)
            #expect(try model.translate(RaggedBatch([text]), options) == [best.tokens], "penalty \(penalty)")
        }
    }

    @Test func batchesAndThreadsChangeNothing() throws {
        let model = EncoderFixtures.translator()
        let texts = EncoderFixtures.texts([5, 9, 1, 20, 3, 3, 8])
        try KernelPaths.unchanged {
            let together = try model.translate(RaggedBatch(texts), options(beams: 4, length: 20))
            let alone = try texts.map { try model.translate(RaggedBatch([$0]), options(beams: 4, length: 20))[0] }
            #expect(together == alone)
            let threads = try Parallel.$workers.withValue(3) {
                try model.translate(RaggedBatch(texts), options(beams: 4, length: 20))
            }
            #expect(threads == together)
        }
    }

    @Test func forbiddenAndForcedTokens() throws {
        let model = EncoderFixtures.translator()
        let text = EncoderFixtures.texts([6])
        var options = options(beams: 3, length: 8)
        let free = try model.translate(RaggedBatch(text), options)[0]
        let first = try #require(free.first)
        options.forbidden = [[first]]
        #expect(try !model.translate(RaggedBatch(text), options)[0].contains(first))
        options.forbidden = [[39, first]]
        #expect(try model.translate(RaggedBatch(text), options)[0].first != first)
        options.forbidden = []
        options.forcedFirstToken = 17
        #expect(try model.translate(RaggedBatch(text), options)[0].first == 17)
        options.forcedFirstToken = nil
        options.forcedEndTokens = [0]
        #expect(try model.translate(RaggedBatch(text), options)[0].count <= 6)
        options.forbidden = (0..<40).map { [$0] }
        options.endTokens = []
        options.forcedEndTokens = []
        #expect(throws: TransformerError.self) { _ = try model.translate(RaggedBatch(text), options) }
    }

    @Test func scoresThatAreNotFiniteAreRefused() throws {
        let model = EncoderFixtures.translator()
        let broken = TranslationModel(
            encoder: model.encoder,
            shape: model.shape,
            embedding: model.embedding,
            layers: model.layers,
            head: DenseTable(WeightMatrix(Matrix(rows: 40, columns: 24, repeating: .nan)))
        )
        for beams in [1, 3] {
            #expect {
                _ = try broken.translate(RaggedBatch([[1, 2]]), options(beams: beams))
            } throws: { ($0 as? TransformerError)?.kind == .notFinite }
        }
    }

    @Test func candidatesAreTheBestOfAll() throws {
        var random = SplitMix64(seed: 3)
        for size in [3, 50, 400] {
            var list = CandidateList(capacity: 10)
            var all: [(score: Float, beam: Int, token: Int)] = []
            for beam in 0..<4 {
                // Equal scores too.
                var scores = (0..<size).map { _ in (random.normal() * 4).rounded() }
                let start = random.normal().rounded()
                try scores.withUnsafeMutableBufferPointer { buffer in
                    let options = TranslationOptions(startToken: 0, endTokens: [], maximumLength: 9)
                    let row = try TokenScores(buffer, after: [0], options)
                    list.insert(row, beam: beam, score: start)
                    for token in 0..<size { all.append(((buffer[token] - row.normaliser) + start, beam, token)) }
                }
            }
            let best = all.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.prefix(
                10
            )
            #expect(list.entries.map(\.token) == best.map(\.element.token))
            #expect(list.entries.map(\.beam) == best.map(\.element.beam))
        }
    }
}
