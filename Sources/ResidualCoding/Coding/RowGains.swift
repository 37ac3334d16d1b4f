/// Steps of rows whose squared errors count differently.
enum RowGains {
    /// The exponents of the rows' steps for weights w: the least weighted error at a given rate has steps ∝ w^(−1/2)
    /// (reverse water-filling), here rounded to half octaves around the mean. Empty where all weights are alike.
    static func gains(for weights: [Float]) -> [Int8] {
        guard let first = weights.first, weights.contains(where: { $0 != first }) else { return [] }
        let logarithms = weights.map { binaryLogarithm(Double($0)) }
        let mean = logarithms.reduce(0, +) / Double(logarithms.count)
        let most = Double(RowIndex.largestGain)
        // A step of 2^(−gain / 2) for a weight of 2^gain.
        return logarithms.map { Int8(min(max(($0 - mean).rounded(), -most), most)) }
    }
}
