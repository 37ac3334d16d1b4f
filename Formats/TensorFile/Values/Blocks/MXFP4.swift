#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// 32 values as 4-bit floats (E2M1) times a power of two, the microscaling format of the Open Compute Project:
/// `[exponent: E8M0][16 bytes, as in Q4_0]`.
///
/// NaN and infinities have no code: where they are allowed, they are written as zeros and the largest value.
enum MXFP4: EncodableBlockFormat {
    static let type = ElementType.mxfp4

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = scale(block.byte(0))
        for index in 0..<32 { values[index] = scale * FourBitFloat.doubled[Int(block.pairedCode(index, at: 1))] }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let peak = abs(Rounding.signedPeak(values, 32))
        // ggml rounds the logarithm to Float before it takes the floor, which lifts values just below a power of two.
        let exponent = peak > 0 && peak.isFinite ? Float(log2(Double(peak))).rounded(.down) + 125 : 0
        let code = UInt8(max(0, exponent))
        let scale = scale(code)
        block.store(byte: code, at: 0)
        block.storePairs(at: 1) { FourBitFloat.code(values[$0], scale) }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.byte(0) != 0xFF }

    /// Half of 2 to the power of `exponent` − 127, since the table's values are doubled.
    private static func scale(_ exponent: UInt8) -> Float {
        Float(bitPattern: exponent < 2 ? 0x20_0000 << UInt32(exponent) : UInt32(exponent - 1) << 23)
    }
}

/// The 4-bit floats of MXFP4 and NVFP4, as ggml's tables have them.
enum FourBitFloat {
    /// Twice the value of each code; the upper half is negative.
    static let doubled: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]
    private static let midpoints: [Float] = [0.5, 1.5, 2.5, 3.5, 5, 7, 10]

    /// The code nearest to `value / scale` among the doubled values, the smaller of two equally near; 0 for NaN, and
    /// where the scale is 0.
    static func code(_ value: Float, _ scale: Float) -> UInt8 {
        let magnitude = scale == 0 ? 0 : abs(value)
        let code = midpoints.reduce(UInt8(0)) { $0 + (magnitude > $1 * scale ? 1 : 0) }
        return value < 0 && code > 0 ? code | 8 : code
    }
}
