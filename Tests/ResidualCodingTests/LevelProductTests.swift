import Kernels
import TestSupport
import Testing

@Suite struct LevelProductTests {
    /// The products of nine rows of bytes, all of them `q`, with elements whose digits are both `digit`.
    private func products(blocks: Int, q: Int8, digit: Int) -> [Float] {
        let columns = blocks * Int(SEE_LEVEL_BLOCK)
        let runs = [see_level_run(width: UInt16(SEE_LEVELS_8.rawValue), blocks: UInt16(blocks), has_one_class: 1)]
        let codes = [UInt8](repeating: UInt8(bitPattern: q), count: 16 * columns)
        let digits = [UInt8](repeating: UInt8(digit + 128), count: columns)
        let (values, classes) = ([Float](repeating: 0, count: columns), [UInt8](repeating: 0, count: columns))
        let (small, magnitudes) = ([Int8](repeating: 0, count: 512), [UInt8](repeating: 0, count: 512))
        let (blockClasses, sums) = ([Int32](repeating: 0, count: blocks), [Int32](repeating: 0, count: 16))
        var products = [Float](repeating: 0, count: 9)
        func multiply(
            _ small: UnsafePointer<Int8>,
            _ magnitudes: UnsafePointer<UInt8>,
            _ classes: UnsafePointer<UInt8>,
            _ blockClasses: UnsafePointer<Int32>,
            _ values: UnsafePointer<Float>,
            _ digits: UnsafePointer<UInt8>
        ) {
            var tables = see_level_tables(
                small: small,
                turned_small: small,
                magnitudes: magnitudes,
                turned_magnitudes: magnitudes,
                spread_2: small,
                spread_3: small,
                spread_4: magnitudes,
                classes: classes,
                block_classes: blockClasses
            )
            var vector = see_level_vector(values: values, high: digits, low: digits, scale: 1)
            see_level_products(&tables, runs, runs.count, 0, codes, columns, sums, 9, &vector, &products)
        }
        multiply(small, magnitudes, classes, blockClasses, values, digits)
        return products
    }

    /// A row of the largest levels in many blocks has a sum far beyond 32 bits, one of few blocks does not: both are exact.
    @Test(arguments: [1, 8, 57, 58, 59, 64, 512]) func largestSumsAreExact(blocks: Int) {
        KernelPaths.forEach { path in
            for (q, digit) in [(Int8(127), 127), (127, -127), (-127, 127), (-127, -127)] {
                // A level of q counts 32; an element is 255 · digit + digit.
                let sum = blocks * Int(SEE_LEVEL_BLOCK) * 32 * Int(q) * 256 * digit
                #expect(
                    products(blocks: blocks, q: q, digit: digit) == [Float](repeating: Float(sum), count: 9),
                    "\(path)"
                )
            }
        }
    }
}
