import Checkpoints
import LinearAlgebra
import TensorFile
import Testing
import Verification

private struct MatrixTable: TableReader {
    let matrix: Matrix
    var rowCount: Int { matrix.rows }
    var columnCount: Int { matrix.columns }
    func rows(_ range: Range<Int>) -> Matrix { matrix.rows(range) }
}

@Suite struct VerificationTests {
    private func comparison(_ reference: Matrix, _ candidate: Matrix, weights: [Float]? = nil) throws -> TableComparison
    {
        try TableComparison(
            name: "t",
            reference: MatrixTable(matrix: reference),
            referenceBytes: 4 * reference.elements.count,
            candidate: MatrixTable(matrix: candidate),
            cost: TableComparison.Cost(bytes: 8, parameters: 2, parametersWithIndex: 4),
            weights: weights
        )
    }

    @Test func figuresFollowTheirDefinitions() throws {
        let reference = Matrix(rows: 2, columns: 2, elements: [3, 4, 0, 5])
        let candidate = Matrix(rows: 2, columns: 2, elements: [3, 0, 0, 5])
        let result = try comparison(reference, candidate)
        // Σ|x−y|² = 16, Σ|x|² = 50.
        #expect(abs(result.relativeError - (16.0 / 50).squareRoot()) < 1e-12)
        #expect(abs(result.meanCosine - (0.6 + 1) / 2) < 1e-12)
        #expect(result.maximumError == 4)
        #expect(result.byteRatio == 2 && result.parameterRatio == 2 && result.parameterRatioWithIndex == 1)
        #expect(result.worstTokens.map(\.token) == [0, 1])
        let weighted = try comparison(reference, candidate, weights: [0, 1])
        #expect(weighted.weightedRelativeError == 0)
        #expect(weighted.relativeError == result.relativeError)
    }

    @Test func equalTablesAreEqual() throws {
        var random = SplitMix64(seed: 4)
        let table = Matrix(rows: 300, columns: 8, elements: (0..<2400).map { _ in random.normal() })
        let result = try comparison(table, table)
        #expect(result.relativeError == 0 && result.neighboursKept == 1)
        #expect(abs(result.meanCosine - 1) < 1e-12)
        #expect(result.cosineHistogram.reduce(0, +) == 300)
        let other = Matrix(rows: 300, columns: 8, elements: (0..<2400).map { _ in random.normal() })
        #expect(try comparison(table, other).neighboursKept < 0.2)
    }

    @Test func differentShapesAreErrors() {
        #expect(throws: TensorFileError.self) {
            try comparison(Matrix(rows: 2, columns: 2), Matrix(rows: 3, columns: 2))
        }
    }

    @Test func gatesKeepTheirBounds() {
        #expect(Gate("a", value: 20, .atLeast, 20).isPassed)
        #expect(!Gate("a", value: 19.9, .atLeast, 20).isPassed)
        #expect(Gate("a", value: 0.5, .atMost, 0.5).isPassed)
        #expect(!Gate("a", value: .nan, .atMost, 0.5).isPassed)
        let report = VerificationReport(
            reference: "<r>",
            candidate: "c&d",
            tables: [],
            checkpointRatio: nil,
            gates: [Gate("byteRatio", value: 21, .atLeast, 20), Gate("relativeError", value: 0.6, .atMost, 0.5)]
        )
        #expect(!report.isPassed)
        #expect(report.json["gates"]?.elements?.map { $0["passed"]?.bool } == [true, false])
        #expect(report.junit.contains("failures=\"1\"") && report.junit.contains("c&amp;d"))
        #expect(report.html.contains("&lt;r&gt;") && !report.html.contains("<r>"))
    }

    @Test func chartsDrawWhatTheyAreGiven() {
        let chart = Chart("t", x: "x", y: "y", isLogarithmic: true, [Chart.Series("s", [(1, 2), (10, 3), (.nan, 1)])])
        #expect(chart.svg.contains("<polyline") && !chart.svg.contains("nan"))
        #expect(Chart("t", x: "x", y: "y", []).svg.contains("nothing to draw"))
    }
}
