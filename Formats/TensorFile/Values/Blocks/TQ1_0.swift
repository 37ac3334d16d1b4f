/// 256 values as −1, 0 or 1 times the largest magnitude, five to a byte: `[52 bytes of digits][scale: F16]`.
///
/// A byte holds the digits of a number in base 3 as a fraction of 256, so that multiplying by 3 brings the next digit to the
/// top. Bytes 0…31 hold values m + 32n, bytes 32…47 values 160 + m + 16n, bytes 48…51 four values 240 + m + 4n each.
enum TQ1_0: EncodableBlockFormat {
    static let type = ElementType.tq1_0

    private static let runs: [(byte: Int, width: Int, digits: Int)] = [(0, 32, 5), (32, 16, 5), (48, 4, 4)]
    private static let powers: [UInt8] = [1, 3, 9, 27, 81]

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(52)
        for run in runs {
            for digit in 0..<run.digits {
                for index in 0..<run.width {
                    let fraction = block.byte(run.byte + index) &* powers[digit]
                    values[5 * run.byte + run.width * digit + index] = scale * Float((Int(fraction) * 3) >> 8 - 1)
                }
            }
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let scale = abs(Rounding.signedPeak(values, 256))
        let inverse = Rounding.inverse(scale)
        for run in runs {
            for index in 0..<run.width {
                let number = (0..<run.digits).reduce(0) { number, digit in
                    let value = values[5 * run.byte + run.width * digit + index]
                    return number + (Int(Rounding.halfAwayFromZero(value * inverse)) + 1) * Int(powers[4 - digit])
                }
                block.store(byte: UInt8(truncatingIfNeeded: (number * 256 + 242) / 243), at: run.byte + index)
            }
        }
        block.store(half: scale, at: 52)
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(52) }
}
