import LinearAlgebra

/// How far the weighted error of a table could fall at each size, if its rows were Gaussian: reverse water-filling over
/// principal axes and rows of known scale (Cover and Thomas, section 10.3), rows of larger weight under finer steps as
/// the coder gives them. An estimate for choosing a size before anything is coded.
public struct RateCurve: Sendable {
    /// Points of the curve, bits ascending: what all rows take, and ‖√w·(M − M̂)‖ / ‖√w·M‖ (root).
    private let points: [(bits: Double, error: Double)]
    private let elementCount: Int

    /// The curve of `table`, whose rows count with `weights` (nil for all alike). Reads the table three times.
    ///
    /// - Throws: kind `value` or `reading` for a table that cannot be coded or read.
    public init(of table: some RowSource, weights: [Float]? = nil) throws(ResidualCodingError) {
        let scan = try RowScan(of: table)
        let gains = weights.map(RowGains.gains) ?? []
        let transform = try RowTransform(of: table, gains: gains)
        elementCount = table.rowCount * table.columnCount
        let total = transform.variances.reduce(0, +)
        // Rows by their weighted energy against the mean, in quarter octaves.
        var classes: [Int: Double] = [:]
        for (row, square) in scan.squares.enumerated() where square > 0 && total > 0 {
            let energy = square * binaryPower(gains.isEmpty ? 0 : Double(gains[row])) / total
            classes[Int((4 * binaryLogarithm(energy)).rounded()), default: 0] += 1
        }
        let scales = classes.sorted { $0.key < $1.key }.map {
            (square: binaryPower(Double($0.key) / 4), rows: $0.value)
        }
        let norm = scales.reduce(0.0) { $0 + $1.square * $1.rows } * total
        guard norm > 0, let widest = transform.variances.first, let largest = scales.last?.square else {
            points = [(0, 0)]
            return
        }
        points = (0..<160).map { step in
            let level = widest * largest * binaryPower(-Double(step) / 4)
            var (bits, distortion) = (0.0, 0.0)
            for scale in scales {
                for variance in transform.variances {
                    let own = scale.square * variance
                    distortion += scale.rows * min(level, own)
                    if own > level { bits += scale.rows * 0.5 * binaryLogarithm(own / level) }
                }
            }
            return (bits, (distortion / norm).squareRoot())
        }
    }

    /// The weighted relative error (root) at `ratio` times fewer bytes than the table in float32.
    public func error(atRatio ratio: Double) -> Double {
        let bits = 32 * Double(elementCount) / ratio
        guard let next = points.firstIndex(where: { $0.bits >= bits }), next > 0 else {
            return bits >= (points.last?.bits ?? 0) ? points.last?.error ?? 0 : points.first?.error ?? 0
        }
        let (a, b) = (points[next - 1], points[next])
        let share = b.bits > a.bits ? (bits - a.bits) / (b.bits - a.bits) : 1
        return a.error + share * (b.error - a.error)
    }

    /// A ratio where the curve of error against the logarithm of the ratio turns upwards.
    public struct Knee: Sendable {
        /// Times fewer bytes than float32, rounded to two digits.
        public let ratio: Double
        /// The estimated weighted error there.
        public let error: Double
        /// What a doubling of the ratio adds to the error below the knee and above it, on average.
        public let slopes: (below: Double, above: Double)
        /// The curve, by ratio.
        public let curve: [(ratio: Double, error: Double)]
    }

    /// The knee between the ratios 2 and 128: the point farthest below the chord of the curve (Satopää and others,
    /// "Finding a Kneedle in a haystack", 2011). Where there is nothing to lose, the largest ratio.
    public var knee: Knee {
        let curve = (4...28).map { step -> (ratio: Double, error: Double) in
            let ratio = binaryPower(Double(step) / 4)
            return (ratio, error(atRatio: ratio))
        }
        let (first, last) = (curve[0], curve[curve.count - 1])
        let rise = last.error - first.error
        var best = (index: curve.count - 1, gap: 0.0)
        for (index, point) in curve.enumerated() {
            let gap = first.error + rise * Double(index) / Double(curve.count - 1) - point.error
            if gap > best.gap + 1e-12 { best = (index, gap) }
        }
        let point = curve[best.index]
        func slope(_ a: (ratio: Double, error: Double), _ b: (ratio: Double, error: Double)) -> Double {
            let octaves = binaryLogarithm(b.ratio / a.ratio)
            return octaves > 0 ? (b.error - a.error) / octaves : 0
        }
        let digits = point.ratio < 10 ? 10.0 : 1.0
        return Knee(
            ratio: (point.ratio * digits).rounded() / digits,
            error: point.error,
            slopes: (slope(first, point), slope(point, last)),
            curve: curve
        )
    }
}
