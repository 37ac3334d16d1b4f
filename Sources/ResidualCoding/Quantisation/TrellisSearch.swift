/// Finds the magnitudes of a row with the least squared error + λ · bits (Viterbi over the trellis), in memory that is
/// allocated once for many rows. For one thread.
final class TrellisSearch {
    private let trellis: Trellis
    private let rates: RateTable
    private let count: Int
    /// The larger magnitudes that a row may have; coefficients beyond are cut.
    static let largestMagnitude = 1 << 19

    /// Which of two branches won into each state, one bit a state.
    private let decisions: UnsafeMutablePointer<UInt32>
    /// The best magnitude of each (quantiser, parity), four a coefficient.
    private let candidates: UnsafeMutablePointer<Int32>
    private let costs: UnsafeMutablePointer<Float>
    private let newCosts: UnsafeMutablePointer<Float>
    /// The magnitudes found.
    let magnitudes: UnsafeMutablePointer<Int32>
    /// The quantisers that the magnitudes belong to.
    let quantisers: UnsafeMutablePointer<UInt8>

    init(trellis: Trellis, rates: RateTable, count: Int) {
        (self.trellis, self.rates, self.count) = (trellis, rates, count)
        decisions = .allocate(capacity: count)
        candidates = .allocate(capacity: 4 * count)
        costs = .allocate(capacity: trellis.stateCount)
        newCosts = .allocate(capacity: trellis.stateCount)
        magnitudes = .allocate(capacity: count)
        quantisers = .allocate(capacity: count)
    }

    deinit {
        decisions.deallocate()
        candidates.deallocate()
        costs.deallocate()
        newCosts.deallocate()
        magnitudes.deallocate()
        quantisers.deallocate()
    }

    /// Finds the magnitudes of `x`, in steps, whose pairs of tables begin at `pairs` (quantiser 1 has the next one).
    func run(_ x: UnsafePointer<Float>, pairs: UnsafePointer<Int32>) {
        rates.costs.withUnsafeBufferPointer { rateCosts in
            rates.values.withUnsafeBufferPointer { values in
                guard let rateCosts = rateCosts.baseAddress, let values = values.baseAddress else { return }
                forward(x, pairs, rateCosts, values)
            }
        }
        traceBack()
    }

    private func forward(
        _ x: UnsafePointer<Float>,
        _ pairs: UnsafePointer<Int32>,
        _ rateCosts: UnsafePointer<Float>,
        _ values: UnsafePointer<Float>
    ) {
        let states = trellis.stateCount
        let half = states / 2
        let free = Int(trellis.next[1])
        let parity = Int(trellis.next[2])
        for state in 0..<states { costs[state] = state == 0 ? 0 : 1e30 }
        var (old, new) = (costs, newCosts)
        let largest = Float(Self.largestMagnitude)
        for j in 0..<count {
            let value = min(x[j].magnitude, largest)
            let pair = Int(pairs[j])
            let chosen = candidates + 4 * j
            let quarter = value * 0.25
            let quarter1 = (value + 1) * 0.25
            let evenEven = branch(2 * Int(quarter + 0.5), pair, value, rateCosts, values, chosen)
            let evenOdd = branch(2 * Int(quarter) + 1, pair, value, rateCosts, values, chosen + 1)
            let oddEven = branch(2 * Int(quarter1 + 0.5), pair + 1, value, rateCosts, values, chosen + 2)
            let oddOdd = branch(2 * Int(quarter1) + 1, pair + 1, value, rateCosts, values, chosen + 3)
            var decision: UInt32 = 0
            for state in 0..<half {
                let a = old[2 * state] + evenEven
                let b = old[2 * (state ^ free)] + evenOdd
                new[state] = min(a, b)
                if b < a { decision |= 1 << UInt32(state) }
            }
            for state in half..<states {
                let from = state ^ parity
                let a = old[2 * from + 1] + oddEven
                let b = old[2 * (from ^ free) + 1] + oddOdd
                new[state] = min(a, b)
                if b < a { decision |= 1 << UInt32(state) }
            }
            decisions[j] = decision
            swap(&old, &new)
        }
        // The result lies where the last step wrote it.
        if old != costs { costs.update(from: old, count: states) }
    }

    /// The cost of a magnitude, or of zero where that has the same parity and is cheaper.
    @inline(__always)
    private func branch(
        _ magnitude: Int,
        _ pair: Int,
        _ value: Float,
        _ rateCosts: UnsafePointer<Float>,
        _ values: UnsafePointer<Float>,
        _ chosen: UnsafeMutablePointer<Int32>
    ) -> Float {
        let row = pair * RateTable.width
        var cost: Float
        if magnitude < RateTable.width {
            let difference = value - values[row + magnitude]
            cost = difference * difference + rateCosts[row + magnitude]
        } else {
            let difference = value - Float(Trellis.multiple(magnitude, quantiser: pair & 1))
            cost = difference * difference + rates.cost(magnitude, pair: pair)
        }
        var best = magnitude
        if magnitude & 1 == 0, magnitude > 0 {
            let zero = value * value + rateCosts[row]
            if zero < cost { (cost, best) = (zero, 0) }
        }
        chosen.pointee = Int32(truncatingIfNeeded: best)
        return cost
    }

    private func traceBack() {
        let half = trellis.stateCount / 2
        let free = Int(trellis.next[1])
        let parity = Int(trellis.next[2])
        var state = 0
        for other in 1..<trellis.stateCount where costs[other] < costs[state] { state = other }
        for j in stride(from: count - 1, through: 0, by: -1) {
            let quantiser = state >= half ? 1 : 0
            let branch = Int(decisions[j] >> UInt32(state)) & 1
            magnitudes[j] = candidates[4 * j + 2 * quantiser + branch]
            quantisers[j] = UInt8(quantiser)
            var from = state
            if quantiser == 1 { from ^= parity }
            if branch == 1 { from ^= free }
            state = 2 * from + quantiser
        }
    }
}
