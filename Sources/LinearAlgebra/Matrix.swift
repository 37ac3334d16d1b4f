/// A dense matrix of Float in row-major order.
public struct Matrix: Sendable, Equatable {
    /// The number of rows.
    public let rows: Int
    /// The number of columns, which is also the distance between two rows in `elements`.
    public let columns: Int
    /// All elements, row after row; its count stays `rows * columns`.
    public var elements: [Float] {
        didSet { precondition(elements.count == rows * columns, "a matrix keeps its number of elements") }
    }

    /// A matrix `[rows, columns]` whose elements are all `value`.
    public init(rows: Int, columns: Int, repeating value: Float = 0) {
        self.init(rows: rows, columns: columns, elements: [Float](repeating: value, count: rows * columns))
    }

    /// A matrix `[rows, columns]` over `elements`, which must be as many as its shape says.
    public init(rows: Int, columns: Int, elements: [Float]) {
        precondition(rows >= 0 && columns >= 0 && elements.count == rows * columns, "elements do not fill the shape")
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    /// The element at `row` and `column`.
    public subscript(row: Int, column: Int) -> Float {
        get {
            precondition(column >= 0 && column < columns, "column out of range")
            return elements[row * columns + column]
        }
        set {
            precondition(column >= 0 && column < columns, "column out of range")
            elements[row * columns + column] = newValue
        }
    }

    /// Where row `row` lies in `elements`.
    public func indices(ofRow row: Int) -> Range<Int> {
        row * columns..<(row + 1) * columns
    }

    /// Row `row`, sharing the matrix's storage until one of both changes.
    public func row(_ row: Int) -> ArraySlice<Float> {
        elements[indices(ofRow: row)]
    }

    /// Calls `body` with row `row`.
    public func withRow<Result, Failure: Error>(
        _ row: Int,
        _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(elements.span.extracting(indices(ofRow: row)))
    }

    /// Calls `body` with row `row`, to be changed in place.
    public mutating func withMutableRow<Result, Failure: Error>(
        _ row: Int,
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = indices(ofRow: row)
        return try elements.withUnsafeMutableBufferPointer { buffer throws(Failure) in
            var span = buffer.extracting(range).mutableSpan
            return try body(&span)
        }
    }

    /// The rows in `range` as a matrix of their own.
    public func rows(_ range: Range<Int>) -> Matrix {
        Matrix(
            rows: range.count,
            columns: columns,
            elements: Array(elements[range.lowerBound * columns..<range.upperBound * columns])
        )
    }

    /// The transposed matrix `[columns, rows]`, copied in square blocks that stay in the cache.
    public var transposed: Matrix {
        let block = 32
        let result = [Float](unsafeUninitializedCapacity: elements.count) { result, count in
            let source = elements.span
            for firstRow in stride(from: 0, to: rows, by: block) {
                for firstColumn in stride(from: 0, to: columns, by: block) {
                    for row in firstRow..<min(firstRow + block, rows) {
                        for column in firstColumn..<min(firstColumn + block, columns) {
                            result[column * rows + row] = source[row * columns + column]
                        }
                    }
                }
            }
            count = elements.count
        }
        return Matrix(rows: columns, columns: rows, elements: result)
    }
}

extension Matrix {
    /// Fills all rows in parallel: `body` gets a range of `chunkRows` rows (the last may be shorter) and their
    /// elements. Chunks depend on `chunkRows` alone, never on the number of threads.
    public mutating func fillRows<Failure: Error>(
        chunkRows: Int,
        _ body: @Sendable (Range<Int>, inout MutableSpan<Float>) throws(Failure) -> Void
    ) throws(Failure) {
        try Parallel.fill(&elements, rowLength: columns, chunkRows: chunkRows, body)
    }
}
