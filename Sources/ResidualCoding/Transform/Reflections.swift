import LinearAlgebra

/// An orthogonal basis as a product of Householder reflections with rounded entries.
///
/// Reflector k, v = (0 … 0, 1, i₁·s, i₂·s, …) with k zeros and a step s, stands for I − 2vvᵀ/(vᵀv). Whatever the
/// integers, the product is orthogonal; it takes half the numbers of a basis that is stored entry by entry, and each
/// reflector is chosen after those before it were rounded.
struct Reflections: Sendable, Equatable {
    /// The number of coordinates.
    let size: Int
    /// Entries are multiples of 2^(−`fineness` / 4).
    let fineness: Int
    /// The integers of each reflector: `size − 1 − k` of number k.
    let entries: [[Int32]]

    /// The grains that exist.
    static let finenesses = 0...63

    /// Reflections that take axis k to row k of `axes`, orthonormal rows, as nearly as rounding permits.
    init(towards axes: Matrix, plan: ReflectionPlan) {
        size = axes.columns
        fineness = plan.fineness
        let size = axes.columns
        let step = Self.step(plan.fineness)
        var targets = axes
        var entries: [[Int32]] = []
        for first in stride(from: 0, to: plan.count, by: Self.panel) {
            let range = first..<min(first + Self.panel, plan.count)
            var reflectors = Matrix(rows: range.count, columns: size)
            for k in range {
                // Row k has been through the panels before; now through this one's reflectors.
                var target = Array(targets.row(k))
                for j in 0..<k - first {
                    reflectors.withRow(j) { Self.reflect(&target, by: $0) }
                }
                let tail = target[k...]
                let length = tail.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                let head = Double(target[k])
                let scale = (head < 0 ? -1.0 : 1.0) / max(head.magnitude + length, 1e-30) / step
                let rounded = tail.dropFirst().map { value in
                    Int32(min(max((Double(value) * scale).rounded(), -Self.largestEntry), Self.largestEntry))
                }
                entries.append(rounded)
                reflectors.withMutableRow(k - first) { row in
                    row[k] = 1
                    for (i, entry) in rounded.enumerated() { row[k + 1 + i] = Float(Double(entry) * step) }
                }
            }
            let rest = range.upperBound..<plan.count
            if !rest.isEmpty {
                var part = targets.rows(rest)
                Self.apply(reflectors, to: &part, ascending: true)
                targets.elements.replaceSubrange(rest.lowerBound * size..<rest.upperBound * size, with: part.elements)
            }
        }
        self.entries = entries
    }

    /// The axes as rows: the reflections of the unit vectors of `axes`.
    func basis(of axes: [Int]) -> Matrix {
        var rows = Matrix(rows: axes.count, columns: size)
        for (i, axis) in axes.enumerated() { rows[i, axis] = 1 }
        let step = Self.step(fineness)
        let starts = stride(from: 0, to: entries.count, by: Self.panel)
        for first in starts.reversed() {
            let range = first..<min(first + Self.panel, entries.count)
            var reflectors = Matrix(rows: range.count, columns: size)
            for k in range {
                reflectors.withMutableRow(k - first) { row in
                    row[k] = 1
                    for (i, entry) in entries[k].enumerated() { row[k + 1 + i] = Float(Double(entry) * step) }
                }
            }
            Self.apply(reflectors, to: &rows, ascending: false)
        }
        return rows
    }

    /// Reflectors that are applied at once.
    private static let panel = 32
    private static let largestEntry = Double(1 << 18)

    /// What an integer of that fineness stands for.
    static func step(_ fineness: Int) -> Double {
        // 2^(−i/4), to the last bit the same everywhere.
        let roots = [1, 0.8408964152537145, 0.7071067811865476, 0.5946035575013605]
        return roots[fineness & 3] / Double(1 << (fineness >> 2))
    }

    private static func reflect(_ target: inout [Float], by reflector: Span<Float>) {
        let factor = 2 * preciseDot(target.span, reflector) / max(sumOfSquares(reflector), 1)
        var span = target.mutableSpan
        axpy(Float(-factor), reflector, &span)
    }

    /// Applies a panel of reflectors v₁ … v_m to every row x: x ← x·H₁·H₂ … (or in the opposite order), at once as
    /// x − ((x·Vᵀ)·T)·V with a triangular T (Schreiber and Van Loan, "A storage-efficient WY representation", 1989).
    private static func apply(_ reflectors: Matrix, to rows: inout Matrix, ascending: Bool) {
        let order = ascending ? Array(0..<reflectors.rows) : Array((0..<reflectors.rows).reversed())
        let triangle = triangle(of: reflectors, order: order)
        let products = Matrix.product(rows, reflectors, transposingSecond: true)
        let weights = Matrix.product(products, triangle)
        rows.setToProduct(weights, reflectors, alpha: -1, beta: 1)
    }

    /// T with x·H₁…H_i = x − x·Vᵀ·T·V, where the rows of V are `reflectors` and H₁ is the first in `order`:
    /// its column i is e_i·2/|v_i|² − T·(V·v_i)·2/|v_i|².
    static func triangle(of reflectors: Matrix, order: [Int]) -> Matrix {
        let gram = Matrix.product(reflectors, reflectors, transposingSecond: true)
        var triangle = Matrix(rows: order.count, columns: order.count)
        for (done, i) in order.enumerated() {
            let factor = 2 / Double(gram[i, i])
            triangle[i, i] = Float(factor)
            for row in order[..<done] {
                var sum = 0.0
                for inner in order[..<done] { sum += Double(triangle[row, inner]) * Double(gram[inner, i]) }
                triangle[row, i] = Float(-factor * sum)
            }
        }
        return triangle
    }
}

extension Reflections {
    /// The entropy coder's model of the entries depends on their expected size, which the length tells.
    private static func model(length: Int, fineness: Int) -> Int {
        // log₂ of an entry's expected deviation, 2^(fineness / 4) / √length, in quarters: integers only.
        let quarters = fineness - 2 * (Int.bitWidth - 1 - max(1, length).leadingZeroBitCount)
        return min(max(quarters, 0), modelCount - 1)
    }

    private static let modelCount = 64

    private static func models() -> [AdaptiveIntegerModel] {
        // From a deviation of eight on, the lowest bits are written as they are.
        (0..<modelCount).map { AdaptiveIntegerModel(shift: max(0, ($0 - 8) >> 2)) }
    }

    /// Writes the entries.
    func encode(into encoder: inout RangeEncoder) {
        var models = Self.models()
        for (k, reflector) in entries.enumerated() {
            let model = Self.model(length: size - k, fineness: fineness)
            for entry in reflector { models[model].encode(Int(entry), into: &encoder) }
        }
    }

    /// Reads `count` reflectors; damaged ones become others.
    init(
        size: Int,
        count: Int,
        fineness: Int,
        from decoder: inout RangeDecoder
    ) throws(ResidualCodingError) {
        var models = Self.models()
        var entries: [[Int32]] = []
        for k in 0..<count {
            let model = Self.model(length: size - k, fineness: fineness)
            var reflector: [Int32] = []
            reflector.reserveCapacity(size - 1 - k)
            for _ in 0..<size - 1 - k {
                reflector.append(Int32(truncatingIfNeeded: models[model].decode(from: &decoder)))
            }
            guard !decoder.isExhausted else {
                throw .damaged(.size, "residual.basis", "it ends in reflector \(k) of \(count)")
            }
            entries.append(reflector)
        }
        (self.size, self.fineness, self.entries) = (size, fineness, entries)
    }
}
