import LinearAlgebra

/// A matrix near the rate–distortion bound: rows are turned to principal axes, quantised along a trellis and coded with
/// static tables, so that any row can be read without another.
///
/// Row v is mean + Σⱼ c(v,j) · axisⱼ with c an integer of `levels(ofRow:)` times Δ/32 · 2^(−gain(v)/2). All that leads
/// to the integers is integer arithmetic, the same on every machine; only the sum over the axes rounds.
public struct CodedResidual: Sendable, Equatable {
    let model: ResidualModel
    let index: RowIndex
    /// The rows' bits, one after the other, and a byte that lies partly beyond them.
    let bits: [UInt8]
    private let axes: CodedAxes
    /// The size of each part when stored.
    private let partSizes: [Int]

    /// The axes that have coefficients, one a row.
    var basis: Matrix { axes.basis }

    /// The number of rows.
    public var rowCount: Int { index.count }
    /// The number of columns.
    public var columnCount: Int { model.columnCount }
    /// The bytes of everything that is needed to rebuild the matrix.
    public var byteCount: Int { partSizes.reduce(0, +) }
    /// The stored parts in the order of `StoredResidual.partNames`: how many numbers they stand for, and their bytes.
    public var parts: [(name: String, numbers: Int, bytes: Int)] {
        let numbers = [
            columnCount, model.reflections.entries.reduce(0) { $0 + $1.count }, rowCount, rowCount * axisCount,
        ]
        return StoredResidual.partNames.enumerated().map { i, name in (name, numbers[i], partSizes[i]) }
    }
    /// The number of reflections that make the axes.
    public var reflectionCount: Int { model.reflections.entries.count }
    /// The number of axes that have coefficients.
    public var axisCount: Int { model.codedAxes.count }
    /// The distance between the two nearest points of the quantisers together, for a row without a gain.
    public var step: Float { model.step }

    init(model: ResidualModel, index: RowIndex, bits: [UInt8], basis: Matrix? = nil) {
        self.model = model
        self.index = index
        self.bits = bits
        self.axes = CodedAxes(of: model, basis)
        let (shared, axes) = model.encoded(hasGains: !index.gains.isEmpty, lengthUnit: index.lengthUnit)
        partSizes = [shared.count, axes.count, index.encoded.count, bits.count]
    }

    /// The bytes with `scale` times as many rows of the same kind.
    func byteCount(scalingRowsBy scale: Double) -> Int {
        partSizes[0] + partSizes[1] + Int(scale * Double(partSizes[2] + partSizes[3]))
    }

    /// The matrix as named byte arrays.
    public var stored: StoredResidual {
        let (shared, axes) = model.encoded(hasGains: !index.gains.isEmpty, lengthUnit: index.lengthUnit)
        let contents = [shared, axes, index.encoded, bits]
        return StoredResidual(
            rowCount: rowCount,
            columnCount: columnCount,
            parts: zip(StoredResidual.partNames, contents).map { StoredResidual.Part(name: $0, bytes: $1) }
        )
    }

    /// The largest number of columns.
    public static let maximumColumns = 1 << 16
    /// The largest number of rows.
    public static let maximumRows = 1 << 28

    /// The matrix that `stored` took apart, bit for bit. Stored values are not trusted.
    ///
    /// - Throws: kind `missing`, `size` or `value`, naming the part.
    public init(stored: StoredResidual) throws(ResidualCodingError) {
        guard stored.version == StoredResidual.version else {
            throw ResidualCodingError(
                .value,
                "residual",
                "format version \(stored.version)",
                remedy: "use a newer seeconv"
            )
        }
        guard 1...Self.maximumColumns ~= stored.columnCount, 0...Self.maximumRows ~= stored.rowCount else {
            throw .damaged(.size, "residual", "\(stored.rowCount) rows of \(stored.columnCount) columns")
        }
        let contents = try StoredResidual.partNames.map { name throws(ResidualCodingError) in try stored.bytes(name) }
        let (shared, axes, rows) = (contents[0], contents[1], contents[3])
        let (model, hasGains, lengthUnit) = try ResidualModel.decoded(
            columnCount: stored.columnCount,
            model: shared,
            basis: axes
        )
        guard stored.rowCount <= (contents[2].count + 8) * RowIndex.mostRowsPerByte else {
            throw .damaged(.size, "residual.index", "\(contents[2].count) bytes for \(stored.rowCount) rows")
        }
        let index = try contents[2].withDecoder(from: 0) { decoder throws(ResidualCodingError) in
            try RowIndex(count: stored.rowCount, hasGains: hasGains, lengthUnit: lengthUnit, from: &decoder)
        }
        guard rows.count == (index.bitCount + 7) / 8 else {
            throw .damaged(.size, "residual.rows", "\(rows.count) bytes where \((index.bitCount + 7) / 8) belong")
        }
        self.model = model
        self.index = index
        bits = rows
        self.axes = CodedAxes(of: model)
        partSizes = contents.map(\.count)
    }

    /// Whether both stand for the same matrix in the same bits.
    public static func == (a: CodedResidual, b: CodedResidual) -> Bool {
        a.model == b.model && a.index == b.index && a.bits == b.bits
    }
}

extension CodedResidual {
    /// The coefficients of `row` along the coded axes, in 1/32 of the row's step: exact, and the same on every machine.
    public func levels(ofRow row: Int) -> [Int32] {
        precondition(row >= 0 && row < rowCount, "row \(row) of \(rowCount)")
        var levels = [Int32](repeating: 0, count: axisCount)
        let decoder = RowDecoder(model)
        bits.withUnsafeBufferPointer { bits in
            levels.withUnsafeMutableBufferPointer { levels in
                decoder.decode(row, of: index, bits, into: levels)
            }
        }
        return levels
    }

    /// Writes the rows in `range`, one after the other, to `elements`, which has range × columns numbers. No other row
    /// is needed for that.
    public func write(_ range: Range<Int>, to elements: inout MutableSpan<Float>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
        precondition(elements.count == range.count * columnCount, "\(elements.count) numbers for \(range.count) rows")
        guard range.count >= Self.leastProductRows else {
            // Products of few rows are summed in another order; a row must not depend on its company.
            let padded = product(of: range)
            for i in 0..<elements.count { elements[i] = padded.elements[i] }
            return
        }
        let coefficients = coefficients(of: range, rows: range.count)
        elements.withUnsafeMutableBufferPointer { elements in
            guard let base = elements.baseAddress else { return }
            multiply(coefficients, into: MutableMatrixView(base, rows: range.count, columns: columnCount))
        }
    }

    /// From this many rows on, a product sums each of them in the same order.
    private static let leastProductRows = 5

    private func product(of range: Range<Int>) -> Matrix {
        var product = Matrix(rows: Self.leastProductRows, columns: columnCount)
        let coefficients = coefficients(of: range, rows: Self.leastProductRows)
        product.withMutableView { multiply(coefficients, into: $0) }
        return product
    }

    /// Mean + coefficients · basis.
    private func multiply(_ coefficients: Matrix, into target: MutableMatrixView<Float>) {
        coefficients.withView { coefficients in
            basis.withView { basis in gemm(coefficients, basis, into: target) }
        }
        let mean = model.meanRow
        for row in 0..<target.rows {
            let elements = target.base + row * target.rowStride
            for column in 0..<columnCount { elements[column] += mean[column] }
        }
    }

    /// The rows in `range` as a matrix, made in parallel.
    public func rows(_ range: Range<Int>) -> Matrix {
        var matrix = Matrix(rows: range.count, columns: columnCount)
        matrix.fillRows(chunkRows: 128) { part, elements in
            write(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound, to: &elements)
        }
        return matrix
    }

    /// The coefficients of `range` as numbers, `[rows, coded axes]`, with zeros below where there are more rows.
    private func coefficients(of range: Range<Int>, rows: Int) -> Matrix {
        let count = axisCount
        var levels = [Int32](repeating: 0, count: count)
        var matrix = Matrix(rows: rows, columns: count)
        let decoder = RowDecoder(model)
        for (i, row) in range.enumerated() {
            bits.withUnsafeBufferPointer { bits in
                levels.withUnsafeMutableBufferPointer { levels in
                    decoder.decode(row, of: index, bits, into: levels)
                }
            }
            let scale = model.step * Self.scale(ofGain: index.gain(ofRow: row)) / Float(SymbolTables.pointsPerStep)
            matrix.withMutableRow(i) { target in
                for j in 0..<count { target[j] = Float(levels[j]) * scale }
            }
        }
        return matrix
    }

    /// 2^(−gain / 2).
    static func scale(ofGain gain: Int) -> Float {
        let whole = Float(sign: .plus, exponent: -(gain >> 1), significand: 1)
        return gain & 1 == 0 ? whole : whole * 0.70710678
    }
}

extension RowIndex {
    /// The part `residual.index`.
    var encoded: [UInt8] {
        var encoder = RangeEncoder()
        encode(into: &encoder)
        return encoder.finish().bytes
    }
}
