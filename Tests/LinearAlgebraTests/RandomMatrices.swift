import LinearAlgebra

extension Matrix {
    /// A matrix of standard normal elements.
    static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = SplitMix64(seed: seed)
        return Matrix(rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in random.normal() })
    }

    /// The product in Double, the plain way: the oracle of every fast one.
    static func plainProduct(_ a: Matrix, _ b: Matrix) -> [Double] {
        var result = [Double](repeating: 0, count: a.rows * b.columns)
        for i in 0..<a.rows {
            for k in 0..<a.columns {
                let factor = Double(a.elements[i * a.columns + k])
                for j in 0..<b.columns { result[i * b.columns + j] += factor * Double(b.elements[k * b.columns + j]) }
            }
        }
        return result
    }
}

/// The largest difference of two vectors.
func largestDifference(_ a: some Sequence<Float>, _ b: some Sequence<Double>) -> Double {
    zip(a, b).map { abs(Double($0) - $1) }.max() ?? 0
}
