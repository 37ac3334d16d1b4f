import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Transformer

/// Encoders, their parts, and what they refuse.
@Suite struct EncoderTests {
    private func hidden(_ model: EncoderModel, _ texts: [[Int]]) throws -> Matrix {
        let batch = RaggedBatch(texts)
        let activations = EncoderActivations(model.shape, capacity: batch.tokens.count)
        let view = try model.forward(batch, activations: activations)
        return Matrix(
            rows: view.rows,
            columns: view.columns,
            elements: Array(UnsafeBufferPointer(start: view.base, count: view.rows * view.columns))
        )
    }

    @Test func textsOfABatchDoNotSeeEachOther() throws {
        let model = EncoderFixtures.encoder()
        // Beyond a block of queries, and a single token.
        let texts = EncoderFixtures.texts([7, 1, 290, 30])
        let together = try hidden(model, texts)
        var first = 0
        for text in texts {
            let alone = try hidden(model, [text])
            #expect(greatestDifference(alone, together.rows(first..<first + text.count)) < 1e-5)
            first += text.count
        }
    }

    @Test func threadsChangeNothing() throws {
        let model = EncoderFixtures.encoder()
        let texts = EncoderFixtures.texts([60, 90, 3, 200])
        try KernelPaths.unchanged {
            let one = try Parallel.$workers.withValue(1) { try hidden(model, texts) }
            let three = try Parallel.$workers.withValue(3) { try hidden(model, texts) }
            #expect(one == three)
        }
    }

    @Test func badTextsAreNamed() {
        let model = EncoderFixtures.encoder(context: 10)
        let bad: [([[Int]], TransformerError.Kind, String)] = [
            ([[1], []], .emptyInput, "text 1"), ([[1, 40]], .tokenOutOfRange, "text 0, token 1"),
            ([[1, -1]], .tokenOutOfRange, "token 1"), ([[Int](repeating: 1, count: 11)], .contextOverflow, "text 0"),
        ]
        for (texts, kind, place) in bad {
            #expect {
                _ = try hidden(model, texts)
            } throws: { error in
                guard let error = error as? TransformerError else { return false }
                return error.kind == kind && error.place.contains(place)
            }
        }
        let kinds = RaggedBatch([[1, 2]], types: [[0, 1]])
        #expect(throws: TransformerError.self) {
            _ = try model.forward(kinds, activations: EncoderActivations(model.shape, capacity: 2))
        }
    }

    @Test func sinusoidsAreMarians() {
        let table = PositionTable.sinusoidal(context: 9, width: 5).vectors
        // Columns 0 to 2 are sines of p, p / 10000^(2/5), p / 10000^(4/5), columns 3 and 4 cosines of the first two.
        for place in 0..<9 {
            for column in 0..<5 {
                let index = column < 3 ? column : column - 3
                let angle = Double(place) / pow(10_000, 2 * Double(index) / 5)
                let expected = column < 3 ? sin(angle) : cos(angle)
                #expect(abs(Double(table[place, column]) - expected) < 1e-6)
            }
        }
    }

    @Test func pooling() {
        let rows = Matrix(rows: 4, columns: 2, elements: [1, -8, 3, 2, -5, 4, 9, 0])
        let expected: [SentencePooling: [Float]] = [
            .mean: [2, -0.5], .cls: [1, -8], .max: [9, 4], .meanSquareRootLength: [4, -1], .lastToken: [9, 0],
        ]
        for pooling in SentencePooling.allCases {
            var sentence: [Float] = [.nan, .nan]
            rows.withView { pooling.forward($0, into: &sentence) }
            #expect(sentence == expected[pooling])
        }
        var vector: [Float] = [3, 4]
        SentencePooling.normalise(&vector, width: 2)
        #expect(abs(vector[0] - 0.6) < 1e-7 && abs(vector[1] - 0.8) < 1e-7)
        var zero: [Float] = [0, 0]
        SentencePooling.normalise(&zero, width: 2)
        #expect(zero == [0, 0])
    }
}
