import LinearAlgebra

/// Products of hidden vectors with every row of a coded matrix, without the dense matrix: logits of an output table.
///
/// With x_v = mean + Σⱼ c(v,j)·axisⱼ the product ⟨x_v, h⟩ is ⟨mean, h⟩ + Σⱼ c(v,j)·⟨axisⱼ, h⟩: h is turned to the axes once,
/// by the reflections, and then meets the small integers that the coefficients are. What passes through the caches is the packed
/// integers, about twice the bytes of the code, instead of the dense matrix.
///
/// Integers meet the turned vector in 16-bit precision (relative to its largest element): a relative error of the
/// logits' spread of about 1e-5.
public struct ResidualHead: Sendable {
    /// The number of rows: logits.
    public let rowCount: Int
    /// The number of columns: elements of a hidden vector.
    public let columnCount: Int
    private let residual: CodedResidual
    private let levels: PackedLevels
    private let panels: ReflectionPanels?
    /// The coded axes, where the reflections do not fit bytes.
    private let basis: Matrix?
    private let codedAxes: [Int]
    private let mean: [Float]
    /// What a level of each row counts, by place.
    private let scales: [Float]

    /// Bytes that a product reads.
    public var byteCount: Int {
        levels.byteCount + 4 * scales.count + (panels?.byteCount ?? 4 * (basis?.elements.count ?? 0))
    }

    /// Decodes all rows of `residual` and packs them.
    public init(_ residual: CodedResidual) {
        self.residual = residual
        rowCount = residual.rowCount
        columnCount = residual.columnCount
        let levels = PackedLevels(residual)
        self.levels = levels
        panels = ReflectionPanels(residual.model.reflections)
        basis = panels == nil ? residual.basis : nil
        codedAxes = residual.model.codedAxes
        mean = residual.model.meanRow
        scales = levels.rows.map { row in
            residual.step * CodedResidual.scale(ofGain: residual.index.gain(ofRow: Int(row)))
                / Float(SymbolTables.pointsPerStep)
        }
    }

    /// Writes ⟨x_v, h⟩ for every h, a row of `hidden` `[n, columnCount]`, and every row v to `logits` `[n, rowCount]`,
    /// or adds it.
    public func multiply(_ hidden: MatrixView<Float>, into logits: MutableMatrixView<Float>, isAdding: Bool = false) {
        precondition(
            hidden.columns == columnCount && hidden.columnStride == 1,
            "\(columnCount) elements a hidden vector"
        )
        precondition(logits.columns == rowCount && logits.rows == hidden.rows, "a logit for each row and vector")
        let vectors = Parallel.mapChunks(of: hidden.rows, size: 1) { range in
            turned(hidden.base + range.lowerBound * hidden.rowStride)
        }
        // One loop over the chunks of all groups: a group of few rows must not make the threads wait for each other.
        // A thread multiplies a chunk with every hidden vector while its packed levels are in the cache.
        Parallel.forEachChunk(of: levels.chunks.count, size: 1) { part in
            for chunk in levels.chunks[part] {
                withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk.places.count) { memory in
                    guard let products = memory.baseAddress else { return }
                    for (n, (vector, base)) in vectors.enumerated() {
                        levels.multiply(vector, chunk, into: products)
                        let target = logits.base + n * logits.rowStride
                        for (i, place) in chunk.places.enumerated() {
                            let row = Int(levels.rows[place])
                            let logit = base + scales[place] * products[i]
                            target[row] = isAdding ? target[row] + logit : logit
                        }
                    }
                }
            }
        }
    }

    /// Writes row `row` to `elements`, `columnCount` numbers: its coefficients are turned back by the reflections, so that the work
    /// is that of one row. The last bits are not those of `CodedResidual.write`, which multiplies by the axes.
    public func write(_ row: Int, to elements: inout MutableSpan<Float>) {
        guard let panels else { return residual.write(row..<row + 1, to: &elements) }
        precondition(elements.count == columnCount, "\(elements.count) numbers for a row of \(columnCount)")
        let coefficients = residual.levels(ofRow: row)
        let scale =
            residual.step * CodedResidual.scale(ofGain: residual.index.gain(ofRow: row))
            / Float(SymbolTables.pointsPerStep)
        elements.withUnsafeMutableBufferPointer { elements in
            guard let base = elements.baseAddress else { return }
            elements.update(repeating: 0)
            for (axis, level) in zip(codedAxes, coefficients) { base[axis] = Float(level) * scale }
            panels.applyInverse(to: base)
            for column in 0..<columnCount { base[column] += mean[column] }
        }
    }

    /// A hidden vector along the coded axes, and its product with the mean.
    private func turned(_ hidden: UnsafePointer<Float>) -> (vector: PackedLevels.Vector, base: Float) {
        let base = mean.withUnsafeBufferPointer { mean in
            Float(preciseDot(mean.span, UnsafeBufferPointer(start: hidden, count: columnCount).span))
        }
        if let panels {
            var turned = Array(UnsafeBufferPointer(start: hidden, count: columnCount))
            turned.withUnsafeMutableBufferPointer { if let address = $0.baseAddress { panels.apply(to: address) } }
            return (levels.vector(codedAxes.map { turned[$0] }), base)
        }
        var turned = [Float](repeating: 0, count: codedAxes.count)
        if let basis { basis.withView { gemv($0, hidden, into: &turned) } }
        return (levels.vector(turned), base)
    }
}
