/// An arithmetic coder with a range of 32 bits that leaves as few bits as possible: for rows of a few bytes the end
/// counts.
///
/// The code is a binary fraction in [0, 1). A decoder takes what lies beyond its last bit as zeros, so trailing zeros
/// are never stored.
struct RangeEncoder {
    private var bytes: [UInt8] = []
    /// The low end of the interval below `bytes`, with a carry in bit 32 for a moment.
    private var low: UInt64 = 0
    private var range: UInt32 = .max

    /// Begins anew and keeps the memory.
    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        low = 0
        range = .max
    }

    /// A symbol with the frequency `size`, above symbols of `start` together, of `total` (at most 2¹⁶).
    @inline(__always)
    mutating func encode(start: UInt32, size: UInt32, total: UInt32) {
        narrow(start: start, size: size, step: range / total)
    }

    /// The same with a total of 2^`totalBits`.
    @inline(__always)
    mutating func encode(start: UInt32, size: UInt32, totalBits: UInt32) {
        narrow(start: start, size: size, step: range >> totalBits)
    }

    /// The lowest `count` bits of `value`, highest first, each as likely 0 as 1.
    mutating func encode(bits value: UInt32, count: Int) {
        for bit in stride(from: count - 1, through: 0, by: -1) {
            encode(start: (value >> UInt32(bit)) & 1, size: 1, totalBits: 1)
        }
    }

    /// `value` in the exponential Golomb code of order 0: n zeros, then the n + 1 bits of `value` + 1.
    mutating func encode(golomb value: UInt32) {
        let written = value + 1
        let width = 32 - written.leadingZeroBitCount
        encode(bits: 0, count: width - 1)
        encode(bits: written, count: width)
    }

    @inline(__always)
    private mutating func narrow(start: UInt32, size: UInt32, step: UInt32) {
        low += UInt64(step) * UInt64(start)
        range = step * size
        if low >> 32 != 0 { carry() }
        while range < 1 << 24 {
            bytes.append(UInt8(truncatingIfNeeded: low >> 24))
            low = (low & 0xFF_FFFF) << 8
            range <<= 8
        }
    }

    private mutating func carry() {
        low &= 0xFFFF_FFFF
        var i = bytes.count - 1
        while i >= 0 {
            bytes[i] &+= 1
            if bytes[i] != 0 { break }
            i -= 1
        }
    }

    /// Ends the code: the shortest one inside the interval, without the zeros at its end.
    mutating func finish() -> (bytes: [UInt8], bitCount: Int) {
        var value = low
        for zeros in stride(from: UInt64(32), through: 0, by: -1) {
            let unit = UInt64(1) << zeros
            value = (low + unit - 1) & ~(unit - 1)
            if value < low + UInt64(range) { break }
        }
        low = value
        if low >> 32 != 0 { carry() }
        for shift in stride(from: UInt64(24), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: low >> shift))
        }
        while bytes.last == 0 { bytes.removeLast() }
        let bitCount = bytes.last.map { bytes.count * 8 - $0.trailingZeroBitCount } ?? 0
        return (bytes, bitCount)
    }
}
