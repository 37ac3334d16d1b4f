/// One figure for each token or sentence, for what a mean hides.
public struct Sample: Sendable, Hashable {
    /// The figures in the order in which they came.
    public private(set) var values: [Double] = []

    /// A sample of `values`.
    public init(_ values: [Double] = []) {
        self.values = values
    }

    mutating func add(_ value: Double) { values.append(value) }

    /// Their mean; 0 of none.
    public var mean: Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

    /// The greatest one; 0 of none.
    public var maximum: Double { values.max() ?? 0 }

    /// The least one; 0 of none.
    public var minimum: Double { values.min() ?? 0 }

    /// For each of `percents` (0 to 100) the least figure that at least so many percent of all do not exceed.
    public func percentiles(_ percents: [Int]) -> [Double] {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return percents.map { _ in 0 } }
        return percents.map { percent in
            let rank = (sorted.count * percent + 99) / 100
            return sorted[min(max(rank, 1), sorted.count) - 1]
        }
    }

    /// The least figure that at least `percent` percent of all do not exceed.
    public func percentile(_ percent: Int) -> Double { percentiles([percent])[0] }
}
