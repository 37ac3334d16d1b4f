import LinearAlgebra
import TensorFile
import Tokenizers

/// What becomes of rows that hold a NaN or an infinity, which no factors can stand for.
public enum BadRowPolicy: String, CaseIterable, Sendable {
    /// The table is refused, with the tokens concerned.
    case fail
    /// Zero rows stand in their place.
    case zero
    /// They are kept beside the factors, bit for bit.
    case skip
}

/// A table whose every number is finite: rows with a NaN or an infinity read as zero rows.
public struct FiniteTable: TableReader {
    private let table: any TableReader
    /// The rows that read as zero rows, ascending.
    public let badRows: [Int]

    /// Looks at every row of `table` once.
    public init(_ table: some TableReader) throws {
        self.table = table
        let step = max(1, (1 << 18) / max(1, table.columnCount))
        badRows = try Parallel.mapChunks(of: table.rowCount, size: step) { range in
            let block = try table.rows(range)
            return (0..<block.rows).filter { !block.row($0).allSatisfy(\.isFinite) }.map { range.lowerBound + $0 }
        }.flatMap { $0 }
    }

    /// Number of rows.
    public var rowCount: Int { table.rowCount }
    /// Length of a row.
    public var columnCount: Int { table.columnCount }

    /// Rows `range` in float32.
    public func rows(_ range: Range<Int>) throws -> Matrix {
        var block = try table.rows(range)
        for row in badRows(in: range) {
            block.withMutableRow(row - range.lowerBound) { values in
                for column in values.indices { values[column] = 0 }
            }
        }
        return block
    }

    private func badRows(in range: Range<Int>) -> ArraySlice<Int> {
        guard let last = badRows.last, range.lowerBound <= last else { return [] }
        let (first, end) = (
            badRows.firstPlace(notBelow: range.lowerBound), badRows.firstPlace(notBelow: range.upperBound)
        )
        return badRows[first..<end]
    }

    /// The error for a table that has bad rows where none may be; it names the first tokens, by id and, where
    /// `vocabulary` has them, by piece.
    public func refusal(tensor: String, file: String, vocabulary: Vocabulary?, remedy: String) -> TensorFileError {
        let shown = badRows.prefix(Self.shownTokens).map { id in
            guard let vocabulary, id < vocabulary.count else { return String(id) }
            return "\(id) \"\(String(decoding: vocabulary.piece(id), as: UTF8.self))\""
        }
        let others = badRows.count - shown.count
        return TensorFileError(
            .value,
            file: file,
            place: "\(tensor), token\(badRows.count == 1 ? "" : "s") \(shown.joined(separator: ", "))"
                + (others > 0 ? " and \(others) more" : ""),
            cause: badRows.count == 1
                ? "the row holds a NaN or infinity" : "\(badRows.count) rows hold a NaN or infinity",
            remedy: remedy
        )
    }

    private static let shownTokens = 8
}

extension [Int] {
    /// In an ascending array, the place of the first element that is not below `bound`.
    func firstPlace(notBelow bound: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
