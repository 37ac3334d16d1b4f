/// The eigenvalues and eigenvectors of a symmetric matrix, in Double.
///
/// Householder tridiagonalization, then implicit QL with Wilkinson's shift (Bowdler, Martin, Reinsch, Wilkinson 1968):
/// about `9 · size³` operations. Values are accurate to a few rounding errors of the largest one.
public struct SymmetricEigen: Sendable {
    /// The number of rows and columns of the matrix.
    public let size: Int
    /// The eigenvalues, largest first.
    public let values: [Double]
    /// The eigenvectors, row-major: row k `[size]` belongs to `values[k]`, has length 1, and its component of largest
    /// magnitude is positive.
    public let vectors: [Double]

    /// Decomposes `matrix`; throws `notFinite` where an element is infinite or not a number.
    public init(_ matrix: SymmetricMatrix) throws(LinearAlgebraError) {
        size = matrix.size
        guard matrix.elements.allSatisfy(\.isFinite) else { throw .notFinite }
        // A power of two brings the largest element to about 1, exactly: squares can neither overflow nor vanish.
        let largest = matrix.elements.reduce(0) { max($0, $1.magnitude) }
        let scale = largest == 0 ? 1 : Double(sign: .plus, exponent: largest.exponent, significand: 1)
        let reduced = Tridiagonalization(SymmetricMatrix(matrix, dividedBy: scale))
        var iteration = ImplicitQL(reduced)
        try iteration.run()
        let values = iteration.values
        let order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
        self.values = order.map { values[$0] * scale }
        var vectors = iteration.sweeps.finish(rowOrder: order)
        Self.fixSigns(of: &vectors, size: size)
        self.vectors = vectors
    }

    /// Eigenvector `k`.
    public func vector(_ k: Int) -> ArraySlice<Double> {
        vectors[k * size..<(k + 1) * size]
    }

    /// The `count` eigenvectors of the largest eigenvalues, one a row, as Float.
    public func leadingVectors(_ count: Int) -> Matrix {
        Matrix(rows: count, columns: size, elements: vectors.prefix(count * size).map(Float.init))
    }

    private static func fixSigns(of vectors: inout [Double], size: Int) {
        guard size > 0 else { return }
        Parallel.fill(&vectors, rowLength: size, chunkRows: 64) { rows, elements in
            for first in stride(from: 0, to: rows.count * size, by: size) {
                var largest = first
                for i in first..<first + size where elements[i].magnitude > elements[largest].magnitude { largest = i }
                guard elements[largest] < 0 else { continue }
                for i in first..<first + size { elements[i].negate() }
            }
        }
    }
}

/// The QL iteration on a tridiagonal matrix.
private struct ImplicitQL {
    /// More iterations than any eigenvalue ever took; two or three are common.
    private static let maximalIterations = 60

    private(set) var values: [Double]
    private var offDiagonal: [Double]
    /// The rotations, on the way to the eigenvectors.
    var sweeps: RotationSweeps
    /// An element beside the diagonal that is not larger than this counts as zero.
    private let negligible: Double

    init(_ matrix: Tridiagonalization) {
        values = matrix.diagonal
        offDiagonal = matrix.offDiagonal
        sweeps = RotationSweeps(over: matrix.transposedBasis(), size: values.count)
        let norm = zip(values, offDiagonal).reduce(0) { max($0, $1.0.magnitude + $1.1.magnitude) }
        negligible = norm * .ulpOfOne
    }

    mutating func run() throws(LinearAlgebraError) {
        for first in values.indices {
            for iteration in 0... {
                let last = blockEnd(from: first)
                if last == first { break }
                guard iteration < Self.maximalIterations else { throw .noConvergence }
                sweep(first...last)
            }
        }
    }

    /// The last index of the unreduced block that begins at `first`.
    private func blockEnd(from first: Int) -> Int {
        var last = first
        while last + 1 < values.count, offDiagonal[last].magnitude > negligible { last += 1 }
        return last
    }

    /// One step: chases the bulge that the shift makes from the end of the block to its beginning.
    private mutating func sweep(_ block: ClosedRange<Int>) {
        let (first, last) = (block.lowerBound, block.upperBound)
        let ratio = (values[first + 1] - values[first]) / (2 * offDiagonal[first])
        let root = (ratio * ratio + 1).squareRoot()
        var g = values[last] - values[first] + offDiagonal[first] / (ratio + (ratio < 0 ? -root : root))
        var (sine, cosine, p) = (1.0, 1.0, 0.0)
        defer { sweeps.endSweep(lastRow: last) }
        for i in stride(from: last - 1, through: first, by: -1) {
            let f = sine * offDiagonal[i]
            let b = cosine * offDiagonal[i]
            let r = (f * f + g * g).squareRoot()
            offDiagonal[i + 1] = r
            guard r > 0 else {
                // The block falls apart here.
                values[i + 1] -= p
                offDiagonal[last] = 0
                return
            }
            sine = f / r
            cosine = g / r
            g = values[i + 1] - p
            let t = (values[i] - g) * sine + 2 * cosine * b
            p = sine * t
            values[i + 1] = g + p
            g = cosine * t - b
            sweeps.rotate(cosine: cosine, sine: sine)
        }
        values[first] -= p
        offDiagonal[first] = g
        offDiagonal[last] = 0
    }
}
