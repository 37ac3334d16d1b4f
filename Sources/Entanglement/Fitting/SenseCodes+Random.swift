import LinearAlgebra

extension SenseCodes {
    /// Codes that say nothing about their tokens: `rank` random tuples each, a function of token and seed alone.
    ///
    /// - Throws: kind `size` for ranks or unit counts outside their ranges.
    public static func random(
        tokenCount: Int,
        rank: Int,
        unitCounts: [Int],
        seed: UInt64
    ) throws(EntanglementError) -> SenseCodes {
        var units: [UInt32] = []
        units.reserveCapacity(tokenCount * rank * unitCounts.count)
        for token in 0..<tokenCount {
            var random = SplitMix64(seed: seed, stream: token)
            for _ in 0..<rank {
                for count in unitCounts { units.append(UInt32(random.below(max(count, 1)))) }
            }
        }
        return try SenseCodes(ranks: Array(repeating: rank, count: tokenCount), unitCounts: unitCounts, units: units)
    }
}
