import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import ResidualCoding

@Suite struct HeadTests {
    /// The largest difference between logits and those of the dense matrix, against the spread of these.
    private func difference(of head: ResidualHead, from coded: CodedResidual, vectors: Int) -> Double {
        var random = SplitMix64(seed: 9)
        let width = coded.columnCount
        let hidden = Matrix(
            rows: vectors,
            columns: width,
            elements: (0..<vectors * width).map { _ in random.normal() }
        )
        let expected = Matrix.product(hidden, coded.rows(0..<coded.rowCount), transposingSecond: true)
        var logits = Matrix(rows: vectors, columns: coded.rowCount)
        hidden.withView { hidden in logits.withMutableView { head.multiply(hidden, into: $0) } }
        let spread = (sumOfSquares(expected.elements.span) / Double(max(1, expected.elements.count))).squareRoot()
        let largest = zip(logits.elements, expected.elements).map { abs(Double($0) - Double($1)) }.max() ?? 0
        return largest / max(spread, 1e-30)
    }

    @Test(arguments: [(300, 70, 6.0), (300, 70, 20.0), (513, 200, 12.0), (40, 64, 4.0), (25, 1, 3.0), (300, 130, 3.0)])
    func logitsAreThoseOfTheDenseMatrix(rows: Int, columns: Int, ratio: Double) throws {
        let matrix = TestMatrix.random(rows: rows, columns: columns)
        let least = try #require(Int(exactly: (Double(4 * rows * columns) / ratio).rounded()))
        let coded = try CodedResidual(coding: matrix, budget: .bytes(max(least, 400)))
        try KernelPaths.forEach { path in
            let head = ResidualHead(coded)
            for workers in [1, 3] {
                try Parallel.$workers.withValue(workers) {
                    let found = difference(of: head, from: coded, vectors: 3)
                    try #require(found < 2e-3, "\(rows)×\(columns) at \(ratio): \(found) on \(path)")
                }
            }
        }
    }

    @Test func rowsWithGainsHaveTheirOwnScales() throws {
        let matrix = TestMatrix.random(rows: 400, columns: 96)
        let weights = (0..<400).map { 1 + 1000 / Float($0 + 1) }
        let coded = try CodedResidual(coding: matrix, weights: weights, budget: .bytes(400 * 96 * 4 / 15))
        #expect(!coded.index.gains.isEmpty)
        KernelPaths.unchanged {
            #expect(difference(of: ResidualHead(coded), from: coded, vectors: 2) < 1e-3)
        }
    }

    @Test func integersDoNotDependOnThePath() throws {
        let coded = try CodedResidual(
            coding: TestMatrix.random(rows: 300, columns: 256),
            budget: .bytes(300 * 256 * 4 / 24)
        )
        let levels = PackedLevels(coded)
        let widths = Set(levels.groups.flatMap { $0.widths.map(\.rawValue) })
        #expect(widths.isSuperset(of: [SEE_LEVELS_2.rawValue, SEE_LEVELS_3.rawValue]))
        // Nothing meets the levels of 16 bits, which are summed in floating point.
        var random = SplitMix64(seed: 5)
        let vector = levels.vector(
            (0..<coded.axisCount).map { axis in
                let value = random.normal()
                let isWide = levels.groups.contains { $0.widths[axis / LevelTables.blockColumns] == SEE_LEVELS_16 }
                return isWide ? 0 : value
            }
        )
        var results: [[UInt32]] = []
        KernelPaths.forEach { _ in
            var bits: [UInt32] = []
            for chunk in levels.chunks {
                var products = [Float](repeating: 0, count: chunk.places.count)
                levels.multiply(vector, chunk, into: &products)
                bits += products.map(\.bitPattern)
            }
            results.append(bits)
        }
        #expect(results[0].count { $0 != 0 } > 50)
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test func everyWidthPacksEveryLevel() throws {
        // Fine steps give wide levels, coarse ones narrow ones; where axes are alike, blocks have one class.
        let uneven = TestMatrix.random(rows: 200, columns: 192)
        let even = try TestMatrix.even(lengths: [0.5, 1, 2, 4], columns: 128)
        var widths: Set<UInt16> = []
        var widthsOfOneClass: Set<UInt16> = []
        for (matrix, ratio) in [
            (uneven, 1.4), (uneven, 2.5), (uneven, 6), (uneven, 8), (uneven, 30), (even, 12), (even, 30),
        ] {
            let coded = try CodedResidual(
                coding: matrix,
                budget: .bytes(Int(Double(4 * matrix.elements.count) / ratio))
            )
            let levels = PackedLevels(coded)
            for run in levels.groups.flatMap(\.runs) {
                if run.has_one_class == 1 { widthsOfOneClass.insert(run.width) } else { widths.insert(run.width) }
            }
            for axis in stride(from: 0, to: coded.axisCount, by: 17) {
                var unit = [Float](repeating: 0, count: coded.axisCount)
                unit[axis] = 1
                let vector = levels.vector(unit)
                for chunk in levels.chunks {
                    KernelPaths.forEach { path in
                        var products = [Float](repeating: 0, count: chunk.places.count)
                        levels.multiply(vector, chunk, into: &products)
                        for (i, place) in chunk.places.enumerated() {
                            let level = Float(coded.levels(ofRow: Int(levels.rows[place]))[axis])
                            #expect(abs(products[i] - level) <= 1e-4 * abs(level), "\(path)")
                        }
                    }
                }
            }
        }
        #expect(widths.count == Int(SEE_LEVEL_WIDTHS.rawValue), "\(widths)")
        let codes = [SEE_LEVELS_2, SEE_LEVELS_3, SEE_LEVELS_4].map { UInt16($0.rawValue) }
        #expect(widthsOfOneClass.isSuperset(of: codes), "\(widthsOfOneClass)")
    }

    @Test func reflectionsOfAVectorAreThoseOfTheBasis() throws {
        let coded = try CodedResidual(
            coding: TestMatrix.random(rows: 300, columns: 90),
            budget: .bytes(300 * 90 * 4 / 10)
        )
        #expect(coded.reflectionCount > 33)
        let panels = try #require(ReflectionPanels(coded.model.reflections))
        var random = SplitMix64(seed: 3)
        let x = (0..<90).map { _ in random.normal() }
        let expected = coded.model.reflections.basis(of: Array(0..<90)).times(x)
        KernelPaths.forEach { path in
            var turned = x
            panels.apply(to: &turned)
            #expect(zip(turned, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(path)")
            panels.applyInverse(to: &turned)
            #expect(zip(turned, x).allSatisfy { abs($0 - $1) < 1e-5 }, "\(path)")
        }
    }

    /// Widths on both sides of whole vectors and of a strip of 2,048 columns; counts that are no multiples of four.
    @Test(arguments: [(1, 1), (3, 63), (4, 64), (7, 129), (32, 2048), (33, 2100), (5, 4097)])
    func rowsOfBytesMultiplyLikeFloats(count: Int, width: Int) {
        var random = SplitMix64(seed: UInt64(count * width))
        let bytes = (0..<count * width).map { _ in Int8(truncatingIfNeeded: random.next()) }
        let x = (0..<width).map { _ in random.normal() }
        let weights = (0..<count).map { _ in random.normal() }
        func row(_ r: Int) -> [Double] { bytes[r * width..<(r + 1) * width].map { Double($0) } }
        let dots = (0..<count).map { r in zip(row(r), x).reduce(0) { $0 + $1.0 * Double($1.1) } }
        var sums = x.map { Double($0) }
        for r in 0..<count { for (i, byte) in row(r).enumerated() { sums[i] += Double(weights[r]) * byte } }
        KernelPaths.forEach { path in
            var products = [Float](repeating: .nan, count: count)
            see_byte_rows_dot(bytes, count, width, x, &products)
            let size = 128 * Double(width).squareRoot()
            #expect(zip(products, dots).allSatisfy { abs(Double($0) - $1) < 1e-6 * size }, "\(path)")
            var y = x
            see_byte_rows_add(weights, bytes, count, width, &y)
            #expect(
                zip(y, sums).allSatisfy { abs(Double($0) - $1) < 1e-6 * 128 * Double(count).squareRoot() * 4 },
                "\(path)"
            )
        }
    }

    @Test func aRowComesWithoutItsNeighbours() throws {
        let coded = try CodedResidual(
            coding: TestMatrix.random(rows: 120, columns: 50),
            budget: .bytes(120 * 50 * 4 / 8)
        )
        let head = ResidualHead(coded)
        let dense = coded.rows(0..<120)
        for row in [0, 7, 119] {
            var elements = [Float](repeating: .nan, count: 50)
            var span = elements.mutableSpan
            head.write(row, to: &span)
            #expect(zip(elements, dense.row(row)).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }
}
