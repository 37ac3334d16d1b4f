import Kernels
import LinearAlgebra
import TestSupport
import Testing
import Transformer

/// Products with stored weights against the plain statement, on every path that this CPU has.
@Suite struct LinearTests {
    @Test(arguments: WeightFormat.allCases)
    func everyFormatOnEveryPath(format: WeightFormat) throws {
        let columns = 768
        let weights = try WeightFixture(format, rows: 37, columns: columns, seed: 3)
        for vectors in [1, 3, 7, 8, 9, 16, 21] {
            let x = normalMatrix(vectors, columns, seed: UInt64(vectors))
            let (rounded, exact) = (plainProduct(weights, x), plainProduct(weights, x, rounding: false))
            KernelPaths.forEach { path in
                let found = Linear(weights.matrix).outputs(x)
                // Batches are multiplied as whole numbers only where panels are.
                let expected = vectors < 8 || see_panels_available() != 0 ? rounded : exact
                #expect(greatestDifference(found, expected) < 2e-4, "path \(path.rawValue), \(vectors) vectors")
            }
        }
    }

    @Test(arguments: [WeightFormat.float32, .float16, .bfloat16], [1, 5, 31, 32, 33, 63, 64, 65, 131])
    func plainNumbersOfAnyLength(format: WeightFormat, columns: Int) throws {
        let weights = try WeightFixture(format, rows: 5, columns: columns, seed: 9)
        for vectors in [1, 8] {
            let x = normalMatrix(vectors, columns, seed: 4)
            let expected = plainProduct(weights, x)
            KernelPaths.forEach { path in
                let found = Linear(weights.matrix).outputs(x)
                #expect(greatestDifference(found, expected) < 1e-4, "path \(path.rawValue), \(vectors) vectors")
            }
        }
    }

    @Test(arguments: [WeightFormat.float16, .q8_0, .q4_0, .q4_K, .q6_K])
    func weightsNeedNoAlignment(format: WeightFormat) throws {
        let (there, moved) = (
            try WeightFixture(format, rows: 33, columns: 512, seed: 6),
            try WeightFixture(format, rows: 33, columns: 512, seed: 6, offset: 7)
        )
        for vectors in [1, 12] {
            let x = normalMatrix(vectors, 512, seed: 1)
            KernelPaths.forEach { _ in
                #expect(Linear(there.matrix).outputs(x) == Linear(moved.matrix).outputs(x))
            }
        }
    }

    @Test func partsOfDifferentFormatsAreStacked() throws {
        let formats: [WeightFormat] = [.q4_K, .q6_K, .float32, .q8_0]
        let rows = [40, 7, 65, 16]
        let parts = try zip(formats, rows).map { try WeightFixture($0, rows: $1, columns: 256, seed: UInt64($1)) }
        let bias = (0..<rows.reduce(0, +)).map { Float($0) / 16 }
        let layer = Linear(parts.map(\.matrix), bias: bias)
        for vectors in [1, 2, 8, 30] {
            let x = normalMatrix(vectors, 256, seed: 8)
            // What is expected depends on the path.
            let (found, isRounded) = KernelPaths.unchanged {
                (layer.outputs(x), vectors < 8 || see_panels_available() != 0)
            }
            var first = 0
            for part in parts {
                let expected = plainProduct(part, x, rounding: isRounded)
                for vector in 0..<vectors {
                    for row in 0..<part.values.rows {
                        let wanted = expected[vector, row] + bias[first + row]
                        #expect(abs(found[vector, first + row] - wanted) < 2e-4)
                    }
                }
                first += part.values.rows
            }
        }
    }

    @Test(arguments: [WeightFormat.float32, .float16, .q8_0, .q4_K, .q6_K], [1, 40])
    func threadsChangeNoBit(format: WeightFormat, vectors: Int) throws {
        let weights = try WeightFixture(format, rows: 700, columns: 1024, seed: 2)
        let x = normalMatrix(vectors, 1024, seed: 5)
        KernelPaths.unchanged {
            let one = Parallel.$workers.withValue(1) { Linear(weights.matrix).outputs(x) }
            for workers in [2, 5] {
                #expect(Parallel.$workers.withValue(workers) { Linear(weights.matrix).outputs(x) } == one)
            }
        }
    }

    @Test func roundingAVectorFollowsThePlainStatement() {
        var random = SplitMix64(seed: 12)
        var values = (0..<320).map { _ in random.normal() }
        for (place, special) in [(0, 0), (40, 127.5), (70, -3.4e38), (100, 700 * .leastNonzeroMagnitude)]
            as [(Int, Float)]
        {
            values[place] = special
        }
        values.replaceSubrange(160..<192, with: repeatElement(0, count: 32))
        KernelPaths.forEach { _ in
            var codes = [Int8](repeating: 0, count: 320)
            var scales = [Float](repeating: 0, count: 10)
            var sums = [Int32](repeating: 0, count: 10)
            see_quantise_vector(values, 320, &codes, &scales, &sums)
            #expect(zip(codes, 0...).map { Float($0) * scales[$1 / 32] } == roundedToBytes(values[...]))
            #expect(
                (0..<10).allSatisfy { block in
                    sums[block] == -codes[32 * block..<32 * block + 32].reduce(0) { $0 + Int32($1) }
                }
            )
        }
    }
}
