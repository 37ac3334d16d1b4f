import Transformer

/// The numbers of some sets that a training changes, as one list.
struct TrainedNumbers {
    private let sets: [ParameterSet]
    private let ranges: [(set: Int, range: Range<Int>)]
    /// How many there are.
    let count: Int

    /// The numbers of `sets` that are trained now.
    init(_ sets: [ParameterSet]) {
        self.sets = sets
        ranges = sets.enumerated().flatMap { index, set in
            set.parameters.filter { $0.role == .trained }.map { (index, $0.range) }
        }
        count = ranges.reduce(0) { $0 + $1.range.count }
    }

    /// A copy of them.
    var values: [Float] {
        var values: [Float] = []
        values.reserveCapacity(count)
        for (set, range) in ranges { values += sets[set].values[range] }
        return values
    }

    /// Puts `values` back; false, and nothing changed, where they are others or not finite.
    func load(_ values: [Float]) -> Bool {
        guard values.count == count, values.allSatisfy(\.isFinite) else { return false }
        var first = 0
        for (set, range) in ranges {
            guard let base = sets[set].values.baseAddress else { continue }
            for index in 0..<range.count { base[range.lowerBound + index] = values[first + index] }
            first += range.count
        }
        return true
    }
}
