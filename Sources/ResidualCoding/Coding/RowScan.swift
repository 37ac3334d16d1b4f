import LinearAlgebra

/// What a first look at every row gives: that it can be coded, and how long it is.
struct RowScan: Sendable {
    /// The sum of squares of each row.
    let squares: [Double]
    /// Their sum.
    let total: Double

    /// - Throws: kind `value`, naming the first row with a number that cannot be coded.
    init(of table: some RowSource) throws(ResidualCodingError) {
        let parts = try Parallel.mapChunks(of: table.rowCount, size: 512) { range throws(ResidualCodingError) in
            let block = try table.block(range)
            if let index = block.elements.firstIndex(where: { !$0.isFinite || $0.magnitude > Self.largest }) {
                throw ResidualCodingError(
                    .value,
                    "residual",
                    "row \(range.lowerBound + index / block.columns) holds a NaN, an infinity or a number beyond 1e15",
                    remedy: "repair the table"
                )
            }
            return (0..<block.rows).map { row in block.withRow(row) { sumOfSquares($0) } }
        }
        squares = parts.flatMap { $0 }
        total = squares.reduce(0, +)
    }

    private static let largest: Float = 1e15
}

extension RowSource {
    /// Rows `range`; an error names what kept them from being read.
    func block(_ range: Range<Int>) throws(ResidualCodingError) -> Matrix {
        do {
            return try rows(range)
        } catch {
            throw ResidualCodingError(
                .reading,
                "table",
                "rows \(range.lowerBound)…\(range.upperBound - 1) cannot be read: \(error)",
                remedy: "see that the source's file is whole and unchanged"
            )
        }
    }

    /// The rows of the given numbers, in their order.
    func gathering(_ numbers: [Int]) throws(ResidualCodingError) -> Matrix {
        var elements: [Float] = []
        elements.reserveCapacity(numbers.count * columnCount)
        for row in numbers { elements += try block(row..<row + 1).elements }
        return Matrix(rows: numbers.count, columns: columnCount, elements: elements)
    }
}
