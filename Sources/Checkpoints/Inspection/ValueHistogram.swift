import TensorFile

/// How many finite values of a tensor fall into each of equally wide bins.
public struct ValueHistogram: Hashable, Sendable {
    /// The lower bound of the first bin.
    public let lowerBound: Double
    /// The upper bound of the last bin, which belongs to it.
    public let upperBound: Double
    /// Values a bin.
    public private(set) var counts: [Int]

    /// Empty bins between two finite bounds.
    public init(from lowerBound: Double, to upperBound: Double, bins: Int) {
        self.lowerBound = lowerBound
        self.upperBound = upperBound
        counts = Array(repeating: 0, count: max(1, bins))
    }

    /// The histogram of `tensor`'s values between the extremes that `statistics` of the same tensor found; nil where no
    /// value is finite.
    public init?(
        of tensor: TensorDescriptor,
        in source: any TensorSource,
        _ statistics: TensorStatistics,
        bins: Int = 20
    ) throws {
        guard let low = statistics.minimum, let high = statistics.maximum else { return nil }
        // A tensor of one value needs one bin.
        self.init(from: low, to: high, bins: low == high ? 1 : bins)
        let empty = self
        let parts = try TensorScan(tensor, in: source).map { values in
            var part = empty
            part.add(values)
            return part.counts
        }
        for part in parts { for (bin, count) in part.enumerated() { counts[bin] += count } }
    }

    /// Counts `values`; those that are not finite or out of bounds belong to no bin.
    public mutating func add(_ values: [Double]) {
        // Halves, because the distance of the two largest doubles is infinite.
        let width = upperBound / 2 - lowerBound / 2
        for value in values where value >= lowerBound && value <= upperBound {
            let share = width > 0 ? (value / 2 - lowerBound / 2) / width : 0
            counts[min(counts.count - 1, Int(share * Double(counts.count)))] += 1
        }
    }

    /// The bounds of `bin`.
    public func bounds(of bin: Int) -> (lower: Double, upper: Double) {
        func edge(_ index: Int) -> Double {
            let share = Double(index) / Double(counts.count)
            return lowerBound * (1 - share) + upperBound * share
        }
        return (edge(bin), edge(bin + 1))
    }
}
