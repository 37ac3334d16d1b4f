import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// The C conversions against a plain Swift oracle, bit by bit on every path.
@Suite struct ConversionTests {
    @Test func everyF16Widens() {
        let halves = (0...UInt16.max).map { $0 }
        let expected = halves.map { Oracle.widenedF16($0) }
        KernelPaths.forEach { path in
            for start in [0, 1, 7] {
                var result = [Float](repeating: 0, count: halves.count - start)
                halves.withUnsafeBufferPointer { see_f16_to_f32($0.baseAddress! + start, &result, result.count) }
                #expect(result.map(\.bitPattern) == Array(expected[start...]), "path \(path)")
            }
        }
    }

    @Test func everyBF16WidensAndComesBack() {
        let halves = (0...UInt16.max).map { $0 }
        KernelPaths.forEach { path in
            var wide = [Float](repeating: 0, count: halves.count)
            see_bf16_to_f32(halves, &wide, halves.count)
            #expect(wide.map(\.bitPattern) == halves.map { UInt32($0) << 16 }, "path \(path)")
            var back = [UInt16](repeating: 0, count: halves.count)
            see_f32_to_bf16(wide, &back, halves.count)
            // Signalling NaNs become quiet; everything else is as it was.
            #expect(back == halves.map { $0 & 0x7FFF > 0x7F80 ? $0 | 0x40 : $0 }, "path \(path)")
        }
    }

    @Test func narrowingRoundsToNearestEven() {
        // All values that are exact in F16 with their neighbours, ties between them, then bits at random.
        var random = SplitMix64(seed: 99)
        var bits = (0...UInt16.max).flatMap { half in
            let exact = Oracle.widenedF16(half)
            return [exact, exact &+ 1, exact &- 1, exact &+ 0xFFF, exact &+ 0x1000, exact &+ 0x1001]
        }
        bits += (0...UInt16.max).flatMap { half in
            let exact = UInt32(half) << 16
            return [exact | 1, exact | 0x7FFF, exact | 0x8000, exact | 0x8001, exact | 0xFFFF]
        }
        bits += (0..<300_000).map { _ in UInt32(truncatingIfNeeded: random.next()) }
        let values = bits.map(Float.init(bitPattern:))
        let halves = values.map(Oracle.narrowedF16)
        let brains = values.map(Oracle.narrowedBF16)
        KernelPaths.forEach { path in
            var result = [UInt16](repeating: 0, count: values.count)
            see_f32_to_f16(values, &result, values.count)
            #expect(result == halves, "path \(path)")
            see_f32_to_bf16(values, &result, values.count)
            #expect(result == brains, "path \(path)")
        }
    }

    @Test func neitherSideNeedsAlignment() {
        let values = Matrix.random(1, 37, seed: 5).elements
        KernelPaths.forEach { _ in
            for (narrow, widen) in [(see_f32_to_f16, see_f16_to_f32), (see_f32_to_bf16, see_bf16_to_f32)] {
                var aligned = [UInt16](repeating: 0, count: values.count)
                narrow(values, &aligned, values.count)
                var bytes = [UInt8](repeating: 0xAA, count: 2 * values.count + 2)
                bytes.withUnsafeMutableBytes { narrow(values, $0.baseAddress! + 1, values.count) }
                #expect(bytes.first == 0xAA && bytes.last == 0xAA)
                #expect(
                    bytes.dropFirst().dropLast().elementsEqual(aligned.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
                )
                var (there, here) = (values, values)
                widen(aligned, &there, values.count)
                bytes.withUnsafeBytes { widen($0.baseAddress! + 1, &here, values.count) }
                #expect(there == here)
            }
        }
    }
}

/// The conversions by arithmetic on values rather than on bits.
private enum Oracle {
    static func widenedF16(_ half: UInt16) -> UInt32 {
        let sign: FloatingPointSign = half >> 15 == 0 ? .plus : .minus
        let (exponent, fraction) = (Int(half >> 10 & 31), UInt32(half & 0x3FF))
        if exponent == 31 {
            let quiet: UInt32 = fraction == 0 ? 0 : 1 << 22
            return Float(sign: sign, exponent: 0, significand: .infinity).bitPattern | fraction << 13 | quiet
        }
        let significand = Float(exponent == 0 ? fraction : fraction + 1024)
        return Float(sign: sign, exponent: max(exponent, 1) - 25, significand: significand).bitPattern
    }

    static func narrowedF16(_ value: Float) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        if value.isNaN { return sign | 0x7E00 | UInt16(value.bitPattern >> 13 & 0x3FF) }
        let magnitude = Double(value.magnitude)
        // The spacing of F16 around the value, then a rounding that knows ties.
        let exponent = magnitude < 0x1p-14 ? -14 : min(magnitude.exponent, 16)
        let steps = (magnitude / Double(sign: .plus, exponent: Int(exponent) - 10, significand: 1)).rounded(
            .toNearestOrEven
        )
        let rounded = steps * Double(sign: .plus, exponent: Int(exponent) - 10, significand: 1)
        if rounded >= 65536 { return sign | 0x7C00 }
        if rounded < 0x1p-14 { return sign | UInt16(rounded * 0x1p24) }
        let biased = UInt16(rounded.exponent + 15)
        return sign | biased << 10 | UInt16((rounded.significand - 1) * 1024)
    }

    static func narrowedBF16(_ value: Float) -> UInt16 {
        if value.isNaN { return UInt16(value.bitPattern >> 16) | 0x40 }
        let (below, rest) = (value.bitPattern >> 16, value.bitPattern & 0xFFFF)
        let up = rest > 0x8000 || (rest == 0x8000 && below % 2 == 1)
        return UInt16(up ? below + 1 : below)
    }
}
