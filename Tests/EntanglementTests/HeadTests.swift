import LinearAlgebra
import Testing

@testable import Entanglement

@Suite struct EntangledHeadTests {
    private func check(_ embedding: EntangledEmbedding) {
        var random = SplitMix64(seed: 4)
        let hidden = Matrix(
            rows: 3,
            columns: embedding.dimension,
            elements: (0..<3 * embedding.dimension).map { _ in random.normal() }
        )
        let expected = Matrix.product(hidden, embedding.dense, transposingSecond: true)
        let head = EntangledHead(embedding)
        var logits = Matrix(rows: 3, columns: embedding.tokenCount, repeating: .nan)
        hidden.withView { hidden in logits.withMutableView { head.multiply(hidden, into: $0) } }
        let spread = (sumOfSquares(expected.elements.span) / Double(expected.elements.count)).squareRoot()
        for (logit, value) in zip(logits.elements, expected.elements) {
            #expect(abs(Double(logit - value)) < 1e-4 * spread)
        }
    }

    @Test(arguments: [true, false], [0, 8]) func logitsAreThoseOfTheDenseTable(variesRank: Bool, gainBits: Int) throws {
        check(try TestEmbedding.random(gainBits: gainBits, variesRank: variesRank))
    }

    @Test(arguments: 1...4) func everyOrderHasAHead(order: Int) throws {
        var random = SplitMix64(seed: UInt64(order))
        let shape = try EntanglementShape(dimension: 30, order: order)
        let counts = (0..<order).map { 5 + $0 }
        let tables = try UnitTables(
            shape: shape,
            unitCounts: counts,
            copies: 2,
            values: zip(counts, shape.slotSizes).map { count, size in
                (0..<2 * count * size).map { _ in random.normal() }
            }
        )
        let codes = try SenseCodes.random(tokenCount: 50, rank: 2, unitCounts: counts, seed: 3)
        check(try EntangledEmbedding(tables: tables, codes: codes))
    }
}
