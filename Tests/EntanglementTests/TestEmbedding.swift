import Entanglement
import LinearAlgebra

enum TestEmbedding {
    /// 40 tokens of dimension 21 (folded 4 × 6), 5 and 11 units in 2 copies, ranks 1…3 or 3.
    static func random(
        gainBits: Int = 8,
        variesRank: Bool,
        factorType: FactorType = .float16,
        seed: UInt64 = 7
    ) throws -> EntangledEmbedding {
        var random = SplitMix64(seed: seed)
        let shape = try EntanglementShape(dimension: 21, slotSizes: [4, 6])
        let tables = try UnitTables(
            shape: shape,
            unitCounts: [5, 11],
            copies: 2,
            factorType: factorType,
            values: [40, 132].map { count in (0..<count).map { _ in random.normal() } }
        )
        let ranks = (0..<40).map { _ in variesRank ? 1 + random.below(3) : 3 }
        let senses = ranks.reduce(0, +)
        let units = (0..<senses).flatMap { _ in [UInt32(random.below(5)), UInt32(random.below(11))] }
        let gains = (0..<senses).map { _ in random.normal() }
        return try EntangledEmbedding(
            tables: tables,
            codes: SenseCodes(ranks: ranks, unitCounts: [5, 11], units: units),
            gains: gainBits == 0
                ? nil
                : SenseGains(
                    bits: gainBits,
                    levels: LogarithmicLevels(fitting: gains, count: 1 << (gainBits - 1)),
                    rounding: gains
                ),
            mean: (0..<21).map { _ in random.normal() }
        )
    }

    /// A table of `tokens` rows that random products of order 2 make, without noise.
    static func planted(
        tokens: Int,
        dimension: Int,
        units: Int,
        rank: Int,
        seed: UInt64
    ) throws -> (table: Matrix, codes: SenseCodes) {
        var random = SplitMix64(seed: seed)
        let shape = try EntanglementShape(dimension: dimension, order: 2)
        let tables = try UnitTables(
            shape: shape,
            unitCounts: [units, units],
            values: shape.slotSizes.map { size in (0..<size * units).map { _ in random.normal() } }
        )
        let codes = try SenseCodes.random(tokenCount: tokens, rank: rank, unitCounts: [units, units], seed: seed)
        return (try EntangledEmbedding(tables: tables, codes: codes).dense, codes)
    }
}
