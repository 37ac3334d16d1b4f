import Entanglement
import LinearAlgebra
import Testing

@Suite struct LearnedCodesTests {
    /// A table whose rows are sums of `rank` products of units with gain 1, noise-free.
    private func planted(tokens: Int, units: Int, rank: Int, seed: UInt64) throws -> Matrix {
        let shape = try EntanglementShape(dimension: 24, order: 2)
        var random = SplitMix64(seed: seed)
        let tables = shape.slotSizes.map { size in (0..<units * size).map { _ in random.normal() } }
        var table = Matrix(rows: tokens, columns: 24)
        for token in 0..<tokens {
            for _ in 0..<rank {
                let first = random.below(units)
                let second = random.below(units)
                for a in 0..<shape.slotSizes[0] {
                    for b in 0..<shape.slotSizes[1] {
                        table[token, a * shape.slotSizes[1] + b] +=
                            tables[0][first * shape.slotSizes[0] + a] * tables[1][second * shape.slotSizes[1] + b]
                    }
                }
            }
        }
        return table
    }

    private func plan(units: Int, rank: Int, type: FactorType = .float32, gainBits: Int = 8) throws -> EntanglementPlan
    {
        EntanglementPlan(
            shape: try EntanglementShape(dimension: 24, order: 2),
            unitCounts: [units, units],
            rank: rank,
            gainBits: gainBits,
            factorType: type
        )
    }

    @Test func learnedCodesBeatRandomOnesAtEqualBytes() throws {
        let table = try planted(tokens: 400, units: 12, rank: 3, seed: 11)
        let form = try plan(units: 16, rank: 3, type: .float16)
        let learned = try EntanglementFit(table: table, plan: form)
        let random = try EntanglementFit(table: table, plan: form, codes: .random)
        #expect(learned.embedding.byteCount == random.embedding.byteCount)
        #expect(learned.relativeError < random.relativeError)
    }

    /// Neither tables nor codes are known: with twice the planted rank the fit finds the table again.
    @Test(arguments: [(1, 1), (1, 2), (2, 2), (2, 3)])
    func recoversPlantedTables(rank: Int, seed: UInt64) throws {
        let (table, _) = try TestEmbedding.planted(tokens: 700, dimension: 48, units: 10, rank: rank, seed: seed)
        let plan = EntanglementPlan(
            shape: try EntanglementShape(dimension: 48, order: 2),
            unitCounts: [10, 10],
            rank: 2 * rank,
            gainBits: 8,
            factorType: .float32
        )
        let fit = try EntanglementFit(table: table, plan: plan, options: .suited(to: plan, tokenCount: 700))
        #expect(fit.relativeError < 0.01)
    }

    @Test(arguments: [(4.0, 2000, 64), (10, 2000, 64), (20, 30522, 384), (80, 32064, 3072)])
    func budgetsAreKept(ratio: Double, tokens: Int, dimension: Int) throws {
        let budget = Int(Double(tokens * dimension * 4) / ratio)
        let plan = try EntanglementPlan(tokenCount: tokens, dimension: dimension, budgetBytes: budget)
        let bytes = plan.byteCount(tokenCount: tokens)
        #expect(bytes <= budget)
        #expect(Double(bytes) > 0.85 * Double(budget))
    }

    @Test func impossibleBudgetsSayTheLeast() {
        #expect(throws: EntanglementError.self) {
            try EntanglementPlan(tokenCount: 1000, dimension: 64, budgetBytes: 100)
        }
    }
}
