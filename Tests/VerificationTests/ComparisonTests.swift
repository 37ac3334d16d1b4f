import Entanglement
import Foundation
import JSONText
import LinearAlgebra
import TensorFile
import Testing

@testable import Verification

@Suite struct ComparisonTests {
    /// 400 rows of 32 numbers with a falling spectrum and rows of several lengths.
    private func table() -> Matrix {
        var random = SplitMix64(seed: 9)
        let left = Matrix(rows: 400, columns: 32, elements: (0..<12_800).map { _ in random.normal() })
        let right = Matrix(rows: 32, columns: 32, elements: (0..<1024).map { random.normal() / Float(1 + $0 / 32) })
        return Matrix.product(left, right)
    }

    /// White noise of variance 1 has the rate–distortion function D = 2^(−2R): R bits a number leave 2^(−R).
    @Test func boundOfWhiteNoise() throws {
        var random = SplitMix64(seed: 4)
        let noise = Matrix(rows: 4000, columns: 16, elements: (0..<64_000).map { _ in random.normal() })
        let bound = try RateDistortionBound(noise)
        for bits in [1.0, 2, 3] {
            let error = bound.relativeError(atBytes: bits * 64_000 / 8)
            #expect(abs(error / exp2(-bits) - 1) < 0.05)
        }
        #expect(bound.relativeError(atBytes: 0) > 0.99)
        #expect(abs(bound.spectrum.reduce(0, +) - 16) < 0.1)
    }

    @Test func rowsKeepBudgetsAndFiguresAgree() throws {
        let table = table()
        let probabilities = (0..<400).map { 1 / Double($0 + 1) }
        var comparison = try MethodComparison(
            tableName: "words",
            table: table,
            sourceBytes: table.elements.count * 4,
            probabilities: probabilities,
            ratios: [3, 6]
        )
        for ratio in [3.0, 6] {
            for name in ["see", "factors", "svd", "pq"] {
                for method in ComparedMethod.named(name) { try comparison.run(method, ratio: ratio, seed: 1) }
            }
        }
        let plainBlocks = try comparison.run(blockType: .q8_0)
        let longBlocks = try comparison.run(blockType: try #require(ElementType(named: "Q4_K")))
        #expect(plainBlocks && !longBlocks)
        #expect(comparison.rows.count == 11)
        for row in comparison.rows {
            if let target = row.targetRatio { #expect(row.byteRatio >= target) }
            #expect(row.byteRatio == row.byteRatioFloat32)
            #expect(row.relativeError > 0 && row.relativeError < 1.05)
            #expect(row.errorByFrequency.count == 10)
        }
        let bound = try #require(comparison.bound.first)
        let see = try #require(comparison.rows.first { $0.method == "see" })
        #expect(bound.relativeError < see.relativeError)
        #expect(comparison.json["rows"]?.elements?.count == 11)
        #expect(comparison.json["bound"]?.elements?.count == 2)
        #expect(comparison.html.contains("<svg"))
    }

    @Test func whatCannotMeetABudgetIsSaid() throws {
        let table = table()
        var comparison = try MethodComparison(
            tableName: "words",
            table: table,
            sourceBytes: table.elements.count * 4,
            probabilities: Array(repeating: 1, count: 400),
            ratios: [500]
        )
        for method in ComparedMethod.all { try comparison.run(method, ratio: 500, seed: 1) }
        #expect(!comparison.failures.isEmpty)
        #expect(comparison.failures.allSatisfy { $0.cause.contains("least") })
        #expect(comparison.json["infeasible"]?.elements?.count == comparison.failures.count)
    }
}
