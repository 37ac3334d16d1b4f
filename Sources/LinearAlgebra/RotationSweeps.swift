import Kernels

/// The rotations of a QL iteration on a tridiagonal matrix, put aside and applied to the rows of a square matrix many
/// sweeps at a time: stripe by stripe of columns, each of which stays in the cache meanwhile, and stripes in parallel.
struct RotationSweeps {
    private struct Sweep {
        let firstRow: Int
        let rotations: Range<Int>
    }

    /// Two MiB of rotations: many sweeps for each passage of a stripe through the cache.
    private static let capacity = 1 << 17
    private static let columns = Int(SEE_SWEEP_COLUMNS)

    private let size: Int
    /// Stripe after stripe, each `[size, columns]`; the last is filled up with zeros.
    private var stripes: [Double]
    private var sweeps: [Sweep] = []
    /// Cosine and sine in turn.
    private var rotations: [Double] = []
    private var sweepStart = 0

    /// Sweeps over the rows of `matrix`, `[size, size]` row-major.
    init(over matrix: [Double], size: Int) {
        self.size = size
        let columns = Self.columns
        stripes = [Double](repeating: 0, count: (size + columns - 1) / columns * columns * size)
        Parallel.fill(&stripes, rowLength: size * columns, chunkRows: 1) { stripe, elements in
            let first = stripe.lowerBound * columns
            for row in 0..<size {
                for column in 0..<min(columns, size - first) {
                    elements[row * columns + column] = matrix[row * size + first + column]
                }
            }
        }
    }

    /// Adds a rotation to the sweep at hand: the first one turns its last two rows, the next one those above by one.
    mutating func rotate(cosine: Double, sine: Double) {
        rotations.append(cosine)
        rotations.append(sine)
    }

    /// Ends the sweep at hand, whose last row is `lastRow`.
    mutating func endSweep(lastRow: Int) {
        let count = (rotations.count - sweepStart) / 2
        sweeps.append(Sweep(firstRow: lastRow - count, rotations: sweepStart..<rotations.count))
        sweepStart = rotations.count
        if rotations.count > Self.capacity { apply() }
    }

    /// Applies what has been put aside.
    private mutating func apply() {
        let (sweeps, rotations) = (sweeps, rotations)
        Parallel.fill(&stripes, rowLength: size * Self.columns, chunkRows: 1) { _, elements in
            elements.withUnsafeMutableBufferPointer { elements in
                rotations.withUnsafeBufferPointer { rotations in
                    guard let rows = elements.baseAddress, let first = rotations.baseAddress else { return }
                    for sweep in sweeps {
                        see_drotate_sweep(
                            rows + sweep.firstRow * Self.columns,
                            first + sweep.rotations.lowerBound,
                            sweep.rotations.count / 2
                        )
                    }
                }
            }
        }
        self.sweeps.removeAll(keepingCapacity: true)
        self.rotations.removeAll(keepingCapacity: true)
        sweepStart = 0
    }

    /// The turned matrix with its rows in the given order, row-major.
    mutating func finish(rowOrder: [Int]) -> [Double] {
        apply()
        let columns = Self.columns
        var result = [Double](repeating: 0, count: size * size)
        Parallel.fill(&result, rowLength: size, chunkRows: 32) { [size, stripes] rows, elements in
            for (place, row) in rows.enumerated() {
                for column in 0..<size {
                    let stripe = column / columns
                    elements[place * size + column] =
                        stripes[(stripe * size + rowOrder[row]) * columns + column % columns]
                }
            }
        }
        return result
    }
}
