import LinearAlgebra

/// Hidden states of two models over the same tokens, layer by layer: the reference's are kept until the candidate's come,
/// and only sums remain.
///
/// It belongs to one thread at a time.
final class HiddenStateComparison {
    /// Numbers of hidden states that are held at once, in all layers together: 32 MiB.
    private static let budget = 8 << 20

    private var kept: [Matrix]
    private var sums: [(error: Double, norm: Double)]

    /// A comparison of `count` hidden states: one before the first layer and one after each.
    init(count: Int) {
        kept = Array(repeating: Matrix(rows: 0, columns: 0), count: count)
        sums = Array(repeating: (0, 0), count: count)
    }

    /// Tokens whose `count` hidden states of `width` numbers are held at once, at least 16 and at most `limit`.
    static func tokens(count: Int, width: Int, limit: Int) -> Int {
        min(limit, max(16, budget / max(1, count) / max(1, width)))
    }

    /// Keeps a copy of the reference's hidden state `[T, width]` until the next one of this number comes.
    func keep(_ index: Int, _ state: MatrixView<Float>) {
        var copy = Matrix(rows: state.rows, columns: state.columns)
        copy.withMutableView { target in
            for row in 0..<state.rows {
                (target.base + row * target.rowStride)
                    .update(from: state.base + row * state.rowStride, count: state.columns)
            }
        }
        kept[index] = copy
    }

    /// Adds the difference of the candidate's hidden state `[T, width]` from the one kept.
    func compare(_ index: Int, _ state: MatrixView<Float>) {
        let reference = kept[index]
        precondition(reference.rows == state.rows && reference.columns == state.columns, "states of different shapes")
        let rows = reference.withView { reference in
            Parallel.mapChunks(of: state.rows, size: 8) { range in
                range.map { row in
                    let (x, y) = (reference.base + row * reference.rowStride, state.base + row * state.rowStride)
                    var (error, norm) = (0.0, 0.0)
                    for column in 0..<state.columns {
                        let (x, y) = (Double(x[column]), Double(y[column]))
                        error += (x - y) * (x - y)
                        norm += x * x
                    }
                    return (error: error, norm: norm)
                }
            }
        }
        for row in rows.joined() {
            sums[index].error += row.error
            sums[index].norm += row.norm
        }
    }

    /// The state of the reference that was kept last, `[T, width]`.
    func reference(_ index: Int) -> Matrix { kept[index] }

    /// √(Σ|x − y|² / Σ|x|²) of each hidden state over all tokens and numbers, x being the reference's.
    var relativeErrors: [Double] {
        sums.map { $0.norm > 0 ? ($0.error / $0.norm).squareRoot() : $0.error.squareRoot() }
    }
}
