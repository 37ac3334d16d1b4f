import LinearAlgebra
import TestSupport
import Testing

@testable import ResidualCoding

@Suite struct RowSourceTests {
    /// A matrix that is read in blocks, as a file would be.
    private struct Blocks: RowSource {
        let matrix: Matrix
        var failing: Range<Int> = 0..<0
        var rowCount: Int { matrix.rows }
        var columnCount: Int { matrix.columns }

        struct Unreadable: Error {}

        func rows(_ range: Range<Int>) throws -> Matrix {
            if range.overlaps(failing) { throw Unreadable() }
            return matrix.rows(range)
        }
    }

    private static func table(rows: Int = 700, columns: Int = 24) -> Matrix {
        var random = SplitMix64(seed: 5)
        return Matrix(
            rows: rows,
            columns: columns,
            elements: (0..<rows * columns).map { random.normal() / Float(1 + $0 % columns) }
        )
    }

    @Test func blocksGiveTheSameBitsAsAMatrix() throws {
        let table = Self.table()
        let weights = (0..<table.rows).map { 1 / Float(1 + $0) }
        try KernelPaths.unchanged {
            for budget in [ResidualBudget.bytes(table.elements.count / 3), .maximumError(0.1)] {
                let whole = try CodedResidual(coding: table, weights: weights, budget: budget)
                let streamed = try CodedResidual(coding: Blocks(matrix: table), weights: weights, budget: budget)
                // Not the operands: a difference would be printed as thousands of bytes.
                let isSame = streamed.stored == whole.stored
                #expect(isSame)
            }
        }
    }

    @Test func rowsThatCannotBeReadAreNamed() throws {
        let blocks = Blocks(matrix: Self.table(), failing: 600..<601)
        let error = #expect(throws: ResidualCodingError.self) {
            try CodedResidual(coding: blocks, budget: .bytes(4000))
        }
        #expect(error?.kind == .reading)
    }

    /// Axes of equal variance have the rate-distortion curve 2^(−bits): any ratio r gives 2^(−32/r), no axis being left
    /// out.
    @Test func theCurveOfWhiteRowsIsKnown() throws {
        var random = SplitMix64(seed: 6)
        let (rows, columns) = (4000, 8)
        var table = Matrix(rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in random.normal() })
        // All rows of one length, as the curve takes scales from the rows.
        for row in 0..<rows {
            table.withMutableRow(row) { values in
                var square: Float = 0
                for x in values.indices { square += values[x] * values[x] }
                let scale = (8 / square).squareRoot()
                for x in values.indices { values[x] *= scale }
            }
        }
        let curve = try RateCurve(of: table)
        for ratio in [8.0, 16, 24] {
            let expected = binaryPower(-32 / ratio)
            #expect(abs(curve.error(atRatio: ratio) - expected) < 0.05 * expected + 0.01, "\(ratio)")
        }
        #expect(curve.error(atRatio: 2) < 0.001)
    }

    @Test func theKneeLiesWhereTheErrorBegins() throws {
        let knee = try RateCurve(of: Self.table()).knee
        #expect(knee.slopes.above > 2 * knee.slopes.below)
        #expect((3...60).contains(knee.ratio))
        #expect(
            zip(knee.curve, knee.curve.dropFirst()).allSatisfy { $0.error <= $1.error + 1e-12 },
            "errors never fall"
        )
        // A table of zeros has nothing to lose.
        #expect(try RateCurve(of: Matrix(rows: 9, columns: 4)).knee.ratio == 128)
    }

    @Test func weightsMoveTheCurve() throws {
        let table = Self.table()
        let weights = (0..<table.rows).map { row -> Float in row < 20 ? 400 : 0.01 }
        let (plain, weighted) = (try RateCurve(of: table), try RateCurve(of: table, weights: weights))
        #expect(weighted.error(atRatio: 20) < 0.7 * plain.error(atRatio: 20))
    }
}
