/// A symmetric A as Q·T·Qᵀ with an orthogonal Q and a tridiagonal T, by Householder reflections.
///
/// Blocked as in LAPACK's dsytrd (Dongarra, Sorensen, Hammarling 1989): the reflections of a panel of columns are found
/// first and the rest of the matrix is updated once for all of them, by a product; later Q is formed panel by panel from
/// the compact form I − V·T·Vᵀ (Schreiber, Van Loan 1989).
struct Tridiagonalization {
    private static let panel = 32

    /// T's diagonal, n elements.
    let diagonal: [Double]
    /// What lies beside it: `offDiagonal[i]` couples i and i + 1; n elements, the last 0.
    let offDiagonal: [Double]
    private let size: Int
    /// Row c holds the vector of reflection c, which leaves the first c + 1 coordinates alone: zeros there, then a 1.
    private let reflectors: [Double]
    /// The reflections are I − scale · v · vᵀ.
    private let scales: [Double]

    init(_ matrix: SymmetricMatrix) {
        let n = matrix.size
        var elements = matrix.elements
        var (diagonal, offDiagonal) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        var scales = diagonal
        // Of a panel: the vectors V, the vectors W with which the update is V·Wᵀ + W·Vᵀ, and V again, so that both
        // [V W] and [W V] lie in memory for one product.
        var stack = [Double](repeating: 0, count: 3 * Self.panel * n)
        func reduce(_ a: UnsafeMutablePointer<Double>, _ v: UnsafeMutablePointer<Double>) {
            for first in stride(from: 0, to: n, by: Self.panel) {
                let count = min(Self.panel, n - first)
                let w = v + count * n
                for step in 0..<count {
                    let column = first + step
                    let row = a + column * n
                    for p in 0..<step {
                        Double.axpy(-v[p * n + column], w + p * n + column, row + column, count: n - column)
                        Double.axpy(-w[p * n + column], v + p * n + column, row + column, count: n - column)
                    }
                    diagonal[column] = row[column]
                    row.update(repeating: 0, count: column + 1)
                    (offDiagonal[column], scales[column]) = Self.reflect(row + column + 1, count: n - column - 1)
                    (v + step * n).update(from: row, count: n)
                    Self.setSecondVector(a, v, w, step: step, column: column, size: n, scale: scales[column])
                }
                (w + count * n).update(from: v, count: count * n)
                let rest = first + count..<n
                gemm(
                    MatrixView(v, rows: 2 * count, columns: n)
                        .extracting(rows: 0..<2 * count, columns: rest).transposed,
                    MatrixView(w, rows: 2 * count, columns: n)
                        .extracting(rows: 0..<2 * count, columns: rest),
                    into: MutableMatrixView(a, rows: n, columns: n).extracting(rows: rest, columns: rest),
                    alpha: -1,
                    beta: 1
                )
            }
        }
        reduce(&elements, &stack)
        size = n
        reflectors = elements
        self.diagonal = diagonal
        self.offDiagonal = offDiagonal
        self.scales = scales
    }

    /// Turns x into the vector of the reflection that clears all of x but its first element; returns what becomes of
    /// that one, and the reflection's scale.
    private static func reflect(_ x: UnsafeMutablePointer<Double>, count: Int) -> (first: Double, scale: Double) {
        guard count > 0 else { return (0, 0) }
        let first = x[0]
        let rest = Double.dot(x + 1, x + 1, count: count - 1)
        guard rest > 0 else {
            x[0] = 0
            return (first, 0)
        }
        let norm = (first * first + rest).squareRoot()
        let reflected = first > 0 ? -norm : norm
        let factor = 1 / (first - reflected)
        x[0] = 1
        for i in 1..<count { x[i] *= factor }
        return (reflected, (reflected - first) / reflected)
    }

    /// Sets row `step` of W to scale · A·v less half its share along v, with A as the panel's earlier reflections have
    /// left it.
    private static func setSecondVector(
        _ a: UnsafePointer<Double>,
        _ v: UnsafePointer<Double>,
        _ w: UnsafeMutablePointer<Double>,
        step: Int,
        column: Int,
        size n: Int,
        scale: Double
    ) {
        let start = column + 1
        let count = n - start
        let own = v + step * n + start
        let result = w + step * n + start
        (w + step * n).update(repeating: 0, count: start)
        gemv(MatrixView(a + start * n + start, rows: count, columns: count, rowStride: n), own, into: result)
        for p in 0..<step {
            let alongV = Double.dot(v + p * n + start, own, count: count)
            let alongW = Double.dot(w + p * n + start, own, count: count)
            Double.axpy(-alongW, v + p * n + start, result, count: count)
            Double.axpy(-alongV, w + p * n + start, result, count: count)
        }
        for i in 0..<count { result[i] *= scale }
        Double.axpy(-scale / 2 * Double.dot(result, own, count: count), own, result, count: count)
    }

    /// Qᵀ, row-major: row k is Q's column k.
    func transposedBasis() -> [Double] {
        let n = size
        var basis = [Double](repeating: 0, count: n * n)
        for i in 0..<n { basis[i * n + i] = 1 }
        // From the last panel to the first, each touches only what lies after its own first column.
        let starts = stride(from: 0, to: n, by: Self.panel)
        for first in starts.reversed() {
            let rows = first..<min(first + Self.panel, n)
            let rest = first + 1..<max(first + 1, n)
            reflectors.withUnsafeBufferPointer { reflectors in
                basis.withUnsafeMutableBufferPointer { basis in
                    guard let v = reflectors.baseAddress, let z = basis.baseAddress else { return }
                    applyPanel(
                        MatrixView(v, rows: n, columns: n).extracting(rows: rows, columns: rest),
                        scales: scales[rows],
                        to: MutableMatrixView(z, rows: n, columns: n).extracting(rows: rest, columns: rest)
                    )
                }
            }
        }
        return basis
    }

    /// z ← z·(I − Vᵀ·Tᵀ·V) for the vectors in the rows of `v`.
    private func applyPanel(_ v: MatrixView<Double>, scales: ArraySlice<Double>, to z: MutableMatrixView<Double>) {
        let count = v.rows
        let triangle = compactTriangle(v, scales: Array(scales))
        var along = [Double](repeating: 0, count: z.rows * count)
        var weighted = along
        let read = MatrixView(UnsafePointer(z.base), rows: z.rows, columns: z.columns, rowStride: z.rowStride)
        along.withUnsafeMutableBufferPointer { along in
            weighted.withUnsafeMutableBufferPointer { weighted in
                triangle.withUnsafeBufferPointer { triangle in
                    guard let along = along.baseAddress, let weighted = weighted.baseAddress,
                        let triangle = triangle.baseAddress
                    else { return }
                    gemm(read, v.transposed, into: MutableMatrixView(along, rows: z.rows, columns: count))
                    gemm(
                        MatrixView(UnsafePointer(along), rows: z.rows, columns: count),
                        MatrixView(triangle, rows: count, columns: count).transposed,
                        into: MutableMatrixView(weighted, rows: z.rows, columns: count)
                    )
                    gemm(
                        MatrixView(UnsafePointer(weighted), rows: z.rows, columns: count),
                        v,
                        into: z,
                        alpha: -1,
                        beta: 1
                    )
                }
            }
        }
    }

    /// The upper triangular T with H₀·H₁·… = I − Vᵀ·T·V.
    private func compactTriangle(_ v: MatrixView<Double>, scales: [Double]) -> [Double] {
        let count = v.rows
        var triangle = [Double](repeating: 0, count: count * count)
        for j in 0..<count {
            let along = (0..<j).map { i in
                Double.dot(v.base + i * v.rowStride, v.base + j * v.rowStride, count: v.columns)
            }
            for i in 0..<j {
                var sum = 0.0
                for k in i..<j { sum += triangle[i * count + k] * along[k] }
                triangle[i * count + j] = -scales[j] * sum
            }
            triangle[j * count + j] = scales[j]
        }
        return triangle
    }
}
