import Entanglement
import LinearAlgebra
import Testing

/// Tokens that a factored table no longer tells apart.
@Suite struct MergedTokensTests {
    /// A table whose rows are those of `matrix`.
    private struct Rows: FactoredTable {
        let matrix: Matrix
        var tokenCount: Int { matrix.rows }
        var dimension: Int { matrix.columns }
        var parts: [StoredPart] { [] }

        func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
            for (place, token) in tokens.enumerated() {
                for (column, value) in matrix.row(token).enumerated() { rows[place * dimension + column] = value }
            }
        }
    }

    /// A matrix of one column.
    private static func column(_ values: [Float]) -> Matrix { Matrix(rows: values.count, columns: 1, elements: values) }

    @Test(
        arguments: [
            (stored: [1, 2, 3, 4], merged: 0),
            (stored: [1, 1, 3, 4], merged: 2),
            (stored: [0, -0.0, 0, 4], merged: 3),
            (stored: [7, 7, 8, 8], merged: 4),
        ] as [(stored: [Float], merged: Int)]
    )
    func tokensOfOneRowAreCounted(stored: [Float], merged: Int) throws {
        let original = Self.column([10, 20, 30, 40])
        #expect(try Rows(matrix: Self.column(stored)).mergedTokenCount(against: original) == merged)
    }

    @Test func tokensThatWereAlikeBeforeAreNotMerged() throws {
        let original = Self.column([5, 5, 5, 6])
        #expect(try Rows(matrix: Self.column([1, 1, 1, 2])).mergedTokenCount(against: original) == 0)
        #expect(try Rows(matrix: Self.column([1, 1, 1, 1])).mergedTokenCount(against: original) == 4)
    }
}
