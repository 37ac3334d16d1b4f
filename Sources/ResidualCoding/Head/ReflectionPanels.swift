import Kernels
import LinearAlgebra

/// Reflections made ready for single vectors: a panel of them is applied at once, x ← x − Vᵀ·T·V·x, and their entries are read
/// as the small integers that they are, a byte each where they fit.
struct ReflectionPanels: Sendable {
    /// The number of coordinates.
    let size: Int
    private let panels: [Panel]
    /// The reflectors' entries as integers, panel after panel, `[count, size − first]` each: those at and before the 1 are zeros.
    private let entries: [Int8]

    /// Reflectors `first` … `first` + `count` − 1, which leave the coordinates before `first` alone.
    fileprivate struct Panel: Sendable {
        let first: Int
        let count: Int
        /// Where its entries begin.
        let start: Int
        /// T, upper triangular, by columns: the product of the reflections is I − Vᵀ·T·V.
        let triangle: Matrix
    }

    /// What an integer stands for.
    private let step: Float

    /// Bytes that are read when a vector is turned.
    var byteCount: Int { panels.reduce(entries.count) { $0 + 4 * $1.triangle.elements.count } }

    /// Reflectors of a panel: the triangles cost as many multiplications as this has rows, twice.
    private static let panelCount = 32

    /// Panels of `reflections`; nil where an entry does not fit a byte.
    init?(_ reflections: Reflections) {
        size = reflections.size
        step = Float(Reflections.step(reflections.fineness))
        guard reflections.entries.allSatisfy({ $0.allSatisfy { Int8(exactly: $0) != nil } }) else { return nil }
        let count = reflections.entries.count
        var (panels, entries): ([Panel], [Int8]) = ([], [])
        for first in stride(from: 0, to: count, by: Self.panelCount) {
            panels.append(Panel(reflections, first..<min(first + Self.panelCount, count), entries: &entries))
        }
        (self.panels, self.entries) = (panels, entries)
    }

    /// Turns `x`, `size` numbers, to coordinates along the axes: x ← H_{K−1} ⋯ H₁ · H₀ · x.
    func apply(to x: UnsafeMutablePointer<Float>) {
        for panel in panels { panel.apply(entries, to: x, step: step, size: size, isInverse: false) }
    }

    /// Turns coordinates along the axes back: x ← H₀ · H₁ ⋯ H_{K−1} · x.
    func applyInverse(to x: UnsafeMutablePointer<Float>) {
        for panel in panels.reversed() { panel.apply(entries, to: x, step: step, size: size, isInverse: true) }
    }
}

extension ReflectionPanels.Panel {
    init(_ reflections: Reflections, _ range: Range<Int>, entries: inout [Int8]) {
        first = range.lowerBound
        count = range.count
        start = entries.count
        let width = reflections.size - range.lowerBound
        entries += [Int8](repeating: 0, count: range.count * width)
        var vectors = Matrix(rows: range.count, columns: width)
        let step = Float(Reflections.step(reflections.fineness))
        for (row, k) in range.enumerated() {
            let values = reflections.entries[k]
            vectors[row, row] = 1
            for (i, value) in values.enumerated() {
                entries[start + row * width + row + 1 + i] = Int8(truncatingIfNeeded: value)
                vectors[row, row + 1 + i] = Float(value) * step
            }
        }
        triangle = Reflections.triangle(of: vectors, order: Array(0..<range.count)).transposed
    }

    /// weights ← T · products, or Tᵀ · products.
    private func multiply(
        _ products: UnsafePointer<Float>,
        isTransposed: Bool,
        into weights: UnsafeMutablePointer<Float>
    ) {
        // Half of T is zeros, but a whole product of this size takes less time than a dot product for every row.
        triangle.withView { gemv(isTransposed ? $0 : $0.transposed, products, into: weights) }
    }

    /// x ← x − Vᵀ·Tᵀ·V·x, which applies the first reflector first, or the inverse, with T.
    func apply(_ entries: [Int8], to x: UnsafeMutablePointer<Float>, step: Float, size: Int, isInverse: Bool) {
        let width = size - first
        let target = x + first
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count) { memory in
            guard let products = memory.baseAddress else { return }
            let weights = products + count
            entries.withUnsafeBufferPointer { entries in
                guard let entries = entries.baseAddress.map({ $0 + start }) else { return }
                // The 1 of row r stands at r; the integers there and before are zeros.
                see_byte_rows_dot(entries, count, width, target, products)
                for r in 0..<count { products[r] = target[r] + step * products[r] }
                multiply(products, isTransposed: !isInverse, into: weights)
                for r in 0..<count {
                    target[r] -= weights[r]
                    weights[r] *= -step
                }
                see_byte_rows_add(weights, entries, count, width, target)
            }
        }
    }
}
