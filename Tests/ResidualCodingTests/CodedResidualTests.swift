import LinearAlgebra
import TestSupport
import Testing

@testable import ResidualCoding

@Suite struct CodedResidualTests {
    private static func dense(_ ratio: Double, of matrix: Matrix) -> ResidualBudget {
        .bytes(Int(Double(4 * matrix.elements.count) / ratio))
    }

    @Test func comesBackBitForBitAndRowByRow() throws {
        let matrix = TestMatrix.random(rows: 300, columns: 40)
        // The axes come from products too, whose last bits depend on the kernels.
        try KernelPaths.unchanged {
            let coded = try CodedResidual(coding: matrix, budget: Self.dense(8, of: matrix))
            #expect(coded.stored.byteCount == coded.byteCount)
            let back = try CodedResidual(stored: coded.stored)
            #expect(back == coded)
            #expect(back.stored == coded.stored)
            let whole = coded.rows(0..<300)
            #expect(back.rows(0..<300) == whole)
            // Any row alone, in any order, and any run of rows: the same bits.
            for row in [299, 0, 7, 150] {
                #expect(back.rows(row..<row + 1) == whole.rows(row..<row + 1))
            }
            for range in [0..<3, 5..<9, 100..<105, 40..<300, 17..<17] { #expect(back.rows(range) == whole.rows(range)) }
        }
    }

    @Test func doesNotDependOnTheNumberOfThreads() throws {
        let matrix = TestMatrix.random(rows: 700, columns: 24)
        let weights = (0..<700).map { 1 / Float(1 + $0) }
        let forms = try KernelPaths.unchanged {
            try [1, 2, 5].map { workers in
                try Parallel.$workers.withValue(workers) {
                    try CodedResidual(coding: matrix, weights: weights, budget: .maximumError(0.2)).stored
                }
            }
        }
        #expect(forms[0] == forms[1] && forms[0] == forms[2])
    }

    @Test func fillsItsBudgetFromBelowAndGainsByBytes() throws {
        let matrix = TestMatrix.random(rows: 3000, columns: 48)
        var errors: [Double] = []
        for ratio in [40.0, 20, 10, 5] {
            let bytes = Int(Double(4 * matrix.elements.count) / ratio)
            let coded = try CodedResidual(coding: matrix, budget: .bytes(bytes))
            #expect(coded.byteCount <= bytes)
            #expect(Double(coded.byteCount) >= 0.995 * Double(bytes))
            errors.append(TestMatrix.relativeError(matrix, coded.rows(0..<3000)))
        }
        #expect(errors.sorted(by: >) == errors)
        // Nearly six decibels a bit at high rates: from 10× to 5×, 3.2 bits a coefficient more.
        #expect(errors[3] < errors[2] / 4)
    }

    @Test(arguments: [0.5, 0.1, 0.01, 0.0005])
    func keepsItsErrorBound(bound: Double) throws {
        let matrix = TestMatrix.random(rows: 800, columns: 30)
        let coded = try CodedResidual(coding: matrix, budget: .maximumError(bound))
        let error = TestMatrix.relativeError(matrix, coded.rows(0..<800))
        #expect(error <= bound)
        #expect(error > 0.98 * bound)
        // Relative to what the caller says.
        let norm = sumOfSquares(matrix.elements.span).squareRoot()
        let looser = try CodedResidual(coding: matrix, budget: .maximumError(bound, reference: 1.5 * norm))
        #expect(looser.byteCount < coded.byteCount)
    }

    @Test func comesNearTheBoundForGaussianRows() throws {
        // White rows cannot be compressed by a transform: D(R) = 2^(−2R).
        var random = SplitMix64(seed: 12)
        let matrix = Matrix(rows: 1500, columns: 256, elements: (0..<1500 * 256).map { _ in random.normal() })
        for ratio in [10.0, 20, 40] {
            let coded = try CodedResidual(coding: matrix, budget: Self.dense(ratio, of: matrix))
            let error = TestMatrix.relativeError(matrix, coded.rows(0..<1500))
            let rate = Double(8 * coded.byteCount) / Double(matrix.elements.count)
            let bound = binaryPower(-rate)
            #expect(error > bound)
            // A uniform quantiser with an ideal entropy coder stays 1.53 dB (a factor of 1.19) away at high rates.
            #expect(error < 1.13 * bound, "\(ratio): \(error) against \(bound)")
        }
    }

    @Test func heavierRowsComeNearer() throws {
        let matrix = TestMatrix.random(rows: 1200, columns: 32)
        let weights = (0..<1200).map { Float($0 < 100 ? 64 : 1) }
        let budget = Self.dense(16, of: matrix)
        let plain = try CodedResidual(coding: matrix, budget: budget)
        let weighted = try CodedResidual(coding: matrix, weights: weights, budget: budget)
        func error(_ coded: CodedResidual, _ rows: Range<Int>) -> Double {
            TestMatrix.relativeError(matrix.rows(rows), coded.rows(rows))
        }
        #expect(error(weighted, 0..<100) < error(plain, 0..<100) / 3)
        #expect(error(weighted, 100..<1200) < error(plain, 100..<1200) * 1.5)
        // Weights that are all alike are no weights.
        let alike = try CodedResidual(coding: matrix, weights: Array(repeating: 3, count: 1200), budget: budget)
        #expect(alike == plain)
    }

    @Test func refusesWhatCannotBe() throws {
        let matrix = TestMatrix.random(rows: 100, columns: 20)
        let refusal = #expect(throws: ResidualCodingError.self) {
            try CodedResidual(coding: matrix, budget: .bytes(20))
        }
        #expect(refusal?.kind == .infeasible)
        let numbers = (refusal?.cause ?? "").split { !$0.isNumber }.compactMap { Int($0) }
        let least = try #require(numbers.last)
        let smallest = try CodedResidual(coding: matrix, budget: .bytes(least))
        #expect(smallest.byteCount <= least)
        #expect(throws: ResidualCodingError.self) {
            try CodedResidual(coding: matrix, budget: .bytes(least - 1))
        }
        var broken = matrix
        broken[3, 4] = .nan
        #expect(throws: ResidualCodingError.self) { try CodedResidual(coding: broken, budget: .bytes(1000)) }
        for weights: [Float] in [[1], Array(repeating: 0, count: 100), Array(repeating: .nan, count: 100)] {
            #expect(throws: ResidualCodingError.self) {
                try CodedResidual(coding: matrix, weights: weights, budget: .bytes(1000))
            }
        }
        for bound in [0, -1, .nan, 1e-12] {
            #expect(throws: ResidualCodingError.self) {
                try CodedResidual(coding: matrix, budget: .maximumError(bound))
            }
        }
        #expect(throws: ResidualCodingError.self) {
            try CodedResidual(coding: matrix, budget: .bytes(1000), options: ResidualOptions { _ in false })
        }
    }

    @Test func everyShapeWorks() throws {
        var matrices: [Matrix] = [
            Matrix(rows: 0, columns: 3), Matrix(rows: 1, columns: 1, repeating: 5),
            Matrix(rows: 50, columns: 1, repeating: -2),
            Matrix(rows: 30, columns: 17, repeating: 0), Matrix(rows: 30, columns: 17, repeating: 3),
            TestMatrix.random(rows: 1, columns: 31), TestMatrix.random(rows: 3, columns: 67),
            TestMatrix.random(rows: 500, columns: 1), TestMatrix.random(rows: 257, columns: 13),
        ]
        var sparse = TestMatrix.random(rows: 90, columns: 11)
        for row in stride(from: 0, to: 90, by: 2) { for column in 0..<11 { sparse[row, column] = 0 } }
        matrices.append(sparse)
        for scale: Float in [1e-12, 1e12] {
            var scaled = TestMatrix.random(rows: 60, columns: 9)
            scaled.elements = scaled.elements.map { $0 * scale }
            matrices.append(scaled)
        }
        for matrix in matrices {
            let place = Comment(rawValue: "\(matrix.rows) × \(matrix.columns), \(matrix.elements.first ?? 0)")
            let coded = try CodedResidual(coding: matrix, budget: .maximumError(0.05))
            #expect(try CodedResidual(stored: coded.stored) == coded, place)
            let rebuilt = coded.rows(0..<matrix.rows)
            if matrix.elements.contains(where: { $0 != 0 }) {
                #expect(TestMatrix.relativeError(matrix, rebuilt) <= 0.05, place)
            } else {
                #expect(rebuilt == matrix, place)
            }
            let generous = try CodedResidual(coding: matrix, budget: .bytes(4 * matrix.elements.count + 4000))
            #expect(generous.byteCount <= 4 * matrix.elements.count + 4000, place)
        }
    }
}
