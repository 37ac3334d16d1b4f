import LinearAlgebra
import Testing

@testable import Entanglement

struct RankAllocationTests {
    private func energies(_ count: Int, seed: UInt64) -> [Double] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in Double(random.normal() * 2).magnitude + 1e-3 }
    }

    @Test(arguments: [100, 250, 999, 1500]) func spendsExactlyWhatThereIs(senseCount: Int) {
        let allocation = RankAllocation(bitsPerSense: 20, dimension: 64, maximum: 15)
        let ranks = allocation.ranks(energies: energies(100, seed: 1), senseCount: senseCount)
        #expect(ranks.reduce(0, +) == senseCount)
        #expect(ranks.allSatisfy { (1...15).contains($0) })
    }

    @Test func moreEnergyNeverGetsFewer() {
        let energies = energies(60, seed: 2)
        let ranks = RankAllocation(bitsPerSense: 22, dimension: 384, maximum: 60)
            .ranks(energies: energies, senseCount: 600)
        let pairs = zip(energies, ranks).sorted { $0.0 < $1.0 }
        #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.1 <= $1.1 })
    }

    /// No move of a sense from one token to another lowers the error that the rule assumes.
    @Test func noMoveHelps() {
        let allocation = RankAllocation(bitsPerSense: 20, dimension: 32, maximum: 12)
        let energies = energies(40, seed: 3)
        let ranks = allocation.ranks(energies: energies, senseCount: 200)
        func left(_ token: Int, _ rank: Int) -> Double {
            energies[token] * (0..<rank).reduce(1.0) { product, _ in product * allocation.shareLeft }
        }
        for from in energies.indices where ranks[from] > 1 {
            for to in energies.indices where to != from && ranks[to] < 12 {
                let before = left(from, ranks[from]) + left(to, ranks[to])
                let after = left(from, ranks[from] - 1) + left(to, ranks[to] + 1)
                // Ranks are whole numbers: a move can gain what rounding lost.
                #expect(before <= after * (1 / allocation.shareLeft))
            }
        }
    }

    @Test func vectorsOfNothingGetOneSense() {
        let allocation = RankAllocation(bitsPerSense: 20, dimension: 64, maximum: 15)
        #expect(allocation.ranks(energies: [0, 1, 0, 1], senseCount: 12) == [1, 5, 1, 5])
        #expect(allocation.ranks(energies: [0, 0], senseCount: 12) == [1, 1])
        #expect(allocation.ranks(energies: [], senseCount: 12).isEmpty)
    }

    /// At the same bytes, dealt senses leave less of a table whose tokens count differently.
    @Test func dealtSensesBeatEvenOnes() throws {
        let (tokens, dimension) = (1200, 48)
        var random = SplitMix64(seed: 4)
        let table = Matrix(
            rows: tokens,
            columns: dimension,
            elements: (0..<tokens * dimension).map { _ in random.normal() }
        )
        // Zipf's law with a flat head, as counts of words have.
        let weights = (0..<tokens).map { 1 / Float(20 + $0) }
        let budget = 14_000
        func fit(_ dealsSenses: Bool) throws -> EntanglementFit {
            let plan = try EntanglementPlan(
                tokenCount: tokens,
                dimension: dimension,
                budgetBytes: budget,
                dealsSenses: dealsSenses,
                units: 64
            )
            #expect((plan.dealtSenses != nil) == dealsSenses)
            #expect(plan.byteCount(tokenCount: tokens) <= budget)
            let fit = try EntanglementFit(table: table, weights: weights, plan: plan)
            #expect(fit.embedding.byteCount <= plan.byteCount(tokenCount: tokens))
            return fit
        }
        let (even, dealt) = (try fit(false), try fit(true))
        #expect(dealt.weightedRelativeError < 0.95 * even.weightedRelativeError)
        #expect(dealt.embedding.codes.fixedRank == nil)
    }

    /// A rank that is asked for is the mean, whatever the budget would hold.
    @Test func anAskedRankIsTheMean() throws {
        let plan = try EntanglementPlan(
            tokenCount: 1000,
            dimension: 64,
            budgetBytes: nil,
            rank: 5,
            dealsSenses: true,
            units: 32
        )
        #expect(plan.dealtSenses == 5000)
        let within = try EntanglementPlan(
            tokenCount: 1000,
            dimension: 64,
            budgetBytes: 1 << 20,
            rank: 5,
            dealsSenses: true,
            units: 32
        )
        #expect(within.dealtSenses == 5000)
    }
}
