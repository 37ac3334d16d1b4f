/// Reads what a `RangeEncoder` wrote, from any bit of a buffer on. Damaged code gives other symbols, never a trap.
///
/// The memory must outlive the decoder.
struct RangeDecoder {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// The next bit to read, and the first one that is not part of the code: zeros from there on.
    private var position: Int
    private let end: Int
    private var code: UInt32 = 0
    private var range: UInt32 = .max

    /// A decoder of the bits `range` of `bytes`.
    @inline(__always)
    init(_ bytes: UnsafeBufferPointer<UInt8>, bits: Range<Int>) {
        self.bytes = bytes
        position = bits.lowerBound
        end = min(bits.upperBound, bytes.count * 8)
        for _ in 0..<4 { code = code << 8 | nextByte() }
    }

    /// Whether more has been read than there is, by more than the decoder looks ahead.
    var isExhausted: Bool { position > end + 64 }

    @inline(__always)
    private mutating func nextByte() -> UInt32 {
        let rest = end - position
        let index = position >> 3
        let shift = UInt32(position & 7)
        position += 8
        guard rest > 0 else { return 0 }
        let next = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
        let byte = ((UInt32(bytes[index]) << 8 | next) >> (8 - shift)) & 0xFF
        return rest >= 8 ? byte : byte & (0xFF00 >> UInt32(rest))
    }

    /// The value in 0..<`total` that lies in the frequency range of the next symbol; `narrow` must follow.
    @inline(__always)
    func target(total: UInt32) -> UInt32 {
        min(code / (range / total), total - 1)
    }

    /// Takes the symbol of the given frequency range.
    @inline(__always)
    mutating func narrow(start: UInt32, size: UInt32, total: UInt32) {
        narrow(start: start, size: size, step: range / total)
    }

    @inline(__always)
    private mutating func narrow(start: UInt32, size: UInt32, step: UInt32) {
        code &-= step &* start
        range = step &* size
        while range < 1 << 24 {
            code = code << 8 | nextByte()
            range <<= 8
        }
    }

    /// The next symbol of a static table: `starts` holds count + 1 cumulative frequencies, the last 2^`totalBits`.
    @inline(__always)
    mutating func symbol(starts: UnsafePointer<UInt16>, count: Int, totalBits: UInt32) -> Int {
        let step = range >> totalBits
        var symbol = 0
        // A product never overflows: the frequencies are at most 2^totalBits.
        while symbol + 1 < count, code >= step &* UInt32(starts[symbol + 1]) { symbol += 1 }
        let start = UInt32(starts[symbol])
        narrow(start: start, size: UInt32(starts[symbol + 1]) - start, step: step)
        return symbol
    }

    /// One bit that is as likely 0 as 1.
    @inline(__always)
    mutating func bit() -> UInt32 {
        let step = range >> 1
        let bit: UInt32 = code >= step ? 1 : 0
        narrow(start: bit, size: 1, step: step)
        return bit
    }

    /// `count` bits, highest first.
    mutating func bits(_ count: Int) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count { value = value << 1 | bit() }
        return value
    }

    /// A value in the exponential Golomb code of order 0; a damaged one is at most 2²⁰ − 1.
    mutating func golomb() -> UInt32 {
        var width = 0
        while width < 20, bit() == 0 { width += 1 }
        // The loop took the leading one, unless it gave up.
        return width == 20 ? (1 << 20) - 1 : ((1 << UInt32(width)) | bits(width)) - 1
    }
}
