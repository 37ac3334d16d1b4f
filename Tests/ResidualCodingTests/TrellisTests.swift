import LinearAlgebra
import Testing

@testable import ResidualCoding

@Suite struct TrellisTests {
    @Test(arguments: Trellis.memories)
    func everyStateHasTwoPredecessors(memory: Int) {
        let trellis = Trellis(memory: memory)
        var arrivals = [Int](repeating: 0, count: trellis.stateCount)
        for next in trellis.next { arrivals[Int(next)] += 1 }
        #expect(arrivals.allSatisfy { $0 == 2 })
    }

    /// The search against every sequence of magnitudes that it may choose from.
    @Test(arguments: [2, 3, 5])
    func findsTheCheapestSequence(memory: Int) {
        let trellis = Trellis(memory: memory)
        let rates = RateTable(SymbolTables.initial, bitCost: 0.3)
        var random = SplitMix64(seed: UInt64(memory))
        let count = 5
        for _ in 0..<20 {
            let x = (0..<count).map { _ in 2.5 * random.normal() }
            let pairs = (0..<count).map { _ in Int32(rates.tables.pair(20 + random.below(12), quantiser: 0)) }
            let search = TrellisSearch(trellis: trellis, rates: rates, count: count)
            search.run(x, pairs: pairs)
            func cost(_ magnitudes: [Int]) -> Float {
                var (state, cost) = (0, Float(0))
                for j in 0..<count {
                    let at = (Int(pairs[j]) + state & 1) * RateTable.width + magnitudes[j]
                    let difference = x[j].magnitude - rates.values[at]
                    cost += difference * difference + rates.costs[at]
                    state = Int(trellis.next[2 * state + magnitudes[j] & 1])
                }
                return cost
            }
            let found = (0..<count).map { Int(search.magnitudes[$0]) }
            // Magnitudes further than two from the nearest are never better.
            var best = Float.infinity
            func extend(_ prefix: [Int]) {
                guard prefix.count < count else {
                    best = min(best, cost(prefix))
                    return
                }
                let nearest = Int(x[prefix.count].magnitude / 2)
                for magnitude in Set([0, max(0, nearest - 1), nearest, nearest + 1, nearest + 2]) {
                    extend(prefix + [magnitude])
                }
            }
            extend([])
            #expect(cost(found) <= best * 1.02 + 1e-4)
            var state = 0
            for j in 0..<count {
                #expect(Int(search.quantisers[j]) == state & 1)
                state = Int(trellis.next[2 * state + found[j] & 1])
            }
        }
    }
}
