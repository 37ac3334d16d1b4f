/// A matrix somewhere in memory, read in place; for mapped files, parts of matrices and transposed operands.
///
/// The memory must outlive the view and must not change while the view is read. Strides count elements.
public struct MatrixView<Scalar>: Sendable {
    private let address: SharedPointer<Scalar>
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// From one row to the next.
    public let rowStride: Int
    /// From one column to the next; 1 unless the view is transposed.
    public let columnStride: Int

    /// A row-major matrix `[rows, columns]` at `base`, whose rows lie `rowStride` apart (default: without gaps).
    public init(_ base: UnsafePointer<Scalar>, rows: Int, columns: Int, rowStride: Int? = nil) {
        self.init(base, rows: rows, columns: columns, strides: (rowStride ?? columns, 1))
    }

    private init(_ base: UnsafePointer<Scalar>, rows: Int, columns: Int, strides: (row: Int, column: Int)) {
        address = SharedPointer(base)
        self.rows = rows
        self.columns = columns
        rowStride = strides.row
        columnStride = strides.column
    }

    /// The first element.
    public var base: UnsafePointer<Scalar> { address.base }

    /// The same memory with rows and columns swapped.
    public var transposed: MatrixView {
        MatrixView(base, rows: columns, columns: rows, strides: (columnStride, rowStride))
    }

    /// The part of the view at `rows` and `columns`.
    public func extracting(rows: Range<Int>, columns: Range<Int>) -> MatrixView {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows, "rows out of range")
        precondition(columns.lowerBound >= 0 && columns.upperBound <= self.columns, "columns out of range")
        return MatrixView(
            base + rows.lowerBound * rowStride + columns.lowerBound * columnStride,
            rows: rows.count,
            columns: columns.count,
            strides: (rowStride, columnStride)
        )
    }
}

/// A row-major matrix somewhere in memory, written in place.
///
/// The memory must outlive the view, and nobody else may touch it meanwhile.
public struct MutableMatrixView<Scalar>: Sendable {
    private let address: SharedMutablePointer<Scalar>
    /// The number of rows.
    public let rows: Int
    /// The number of columns; adjacent columns are adjacent in memory.
    public let columns: Int
    /// From one row to the next, in elements.
    public let rowStride: Int

    /// A row-major matrix `[rows, columns]` at `base`, whose rows lie `rowStride` apart (default: without gaps).
    public init(_ base: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, rowStride: Int? = nil) {
        address = SharedMutablePointer(base)
        self.rows = rows
        self.columns = columns
        self.rowStride = rowStride ?? columns
    }

    /// The first element.
    public var base: UnsafeMutablePointer<Scalar> { address.base }

    /// The part of the view at `rows` and `columns`.
    public func extracting(rows: Range<Int>, columns: Range<Int>) -> MutableMatrixView {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows, "rows out of range")
        precondition(columns.lowerBound >= 0 && columns.upperBound <= self.columns, "columns out of range")
        return MutableMatrixView(
            base + rows.lowerBound * rowStride + columns.lowerBound,
            rows: rows.count,
            columns: columns.count,
            rowStride: rowStride
        )
    }
}

extension Matrix {
    /// Calls `body` with a view of the whole matrix.
    public func withView<Result, Failure: Error>(
        _ body: (MatrixView<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // An array passed as a pointer has an address even when it is empty.
        func call(_ base: UnsafePointer<Float>) throws(Failure) -> Result {
            try body(MatrixView(base, rows: rows, columns: columns))
        }
        return try call(elements)
    }

    /// Calls `body` with a view of the whole matrix, to be changed in place.
    public mutating func withMutableView<Result, Failure: Error>(
        _ body: (MutableMatrixView<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (rows, columns) = (rows, columns)
        func call(_ base: UnsafeMutablePointer<Float>) throws(Failure) -> Result {
            try body(MutableMatrixView(base, rows: rows, columns: columns))
        }
        return try call(&elements)
    }
}
