/// Rows of numbers that can be read in blocks, again and again: a matrix, or a table in a file that is larger than the
/// memory one wants to spend on it.
public protocol RowSource: Sendable {
    /// Number of rows.
    var rowCount: Int { get }
    /// Length of a row.
    var columnCount: Int { get }
    /// Rows `range` in float32, `[range.count, columnCount]`; the same each time, from several threads at once.
    func rows(_ range: Range<Int>) throws -> Matrix
}

extension Matrix: RowSource {
    /// Number of rows.
    public var rowCount: Int { rows }
    /// Length of a row.
    public var columnCount: Int { columns }
}
