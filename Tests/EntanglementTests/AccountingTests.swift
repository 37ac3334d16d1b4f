import Entanglement
import Testing

/// Parameter counts that the MorphTE paper prints, one number an index included.
@Suite struct AccountingTests {
    private func morphTE(tokens: Int, morphemes: Int, copies: Int) throws -> EntangledEmbedding {
        let shape = try EntanglementShape(uniform: 512, order: 3)
        let tables = try UnitTables(
            shape: shape,
            unitCounts: [morphemes],
            copies: copies,
            isShared: true,
            values: [Array(repeating: 0, count: morphemes * copies * 8)]
        )
        let codes = try SenseCodes.random(tokenCount: tokens, rank: 1, unitCounts: tables.unitCounts, seed: 1)
        return try EntangledEmbedding(tables: tables, codes: codes)
    }

    @Test(arguments: [
        (8848, 3013, 7, 195_272), (6632, 2744, 7, 173_560), (12333, 5152, 1, 78_215), (16936, 5572, 4, 229_112),
    ])
    func countsAsMorphTE(tokens: Int, morphemes: Int, copies: Int, parameters: Int) throws {
        let embedding = try morphTE(tokens: tokens, morphemes: morphemes, copies: copies)
        #expect(embedding.parameterCountWithIndex == parameters)
        #expect(embedding.parameterCount == parameters - 3 * tokens)
    }

    @Test func translationTablesTogether() throws {
        let dense = (8848 + 6632) * 512
        for (copies, parameters, ratio) in [(7, 368_832, 21.5), (3, 184_608, 42.9)] {
            let count =
                try morphTE(tokens: 8848, morphemes: 3013, copies: copies).parameterCountWithIndex
                + morphTE(tokens: 6632, morphemes: 2744, copies: copies).parameterCountWithIndex
            #expect(count == parameters)
            #expect((Double(dense) / Double(count) * 10).rounded() / 10 == ratio)
        }
    }

    @Test func bytesAreThoseOfTheStoredArrays() throws {
        let embedding = try TestEmbedding.random(gainBits: 5, variesRank: true)
        #expect(embedding.byteCount == embedding.stored.arrays.reduce(0) { $0 + $1.bytes.count })
        #expect(embedding.parts.map(\.name).contains("gains"))
    }

    @Test func plansPredictBytes() throws {
        for gainBits in [0, 1, 8] {
            let embedding = try TestEmbedding.random(gainBits: gainBits, variesRank: false)
            let plan = EntanglementPlan(
                shape: embedding.shape,
                unitCounts: embedding.tables.unitCounts,
                copies: embedding.tables.copies,
                rank: embedding.codes.maximumRank,
                gainBits: gainBits,
                factorType: embedding.tables.factorType,
                hasMean: true
            )
            #expect(plan.byteCount(tokenCount: embedding.tokenCount) == embedding.byteCount)
        }
    }
}
