/// A hash of short byte strings, in the manner of wyhash: eight bytes a multiplication.
///
/// The seed is drawn once per process, so that no file can be made to collide. Nothing visible depends on it.
enum ByteHash {
    static let seed = UInt64.random(in: .min ... .max)

    @inline(__always)
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// The hash of `text[range]`, which must lie within the text.
    @inline(__always)
    static func hash(_ text: Span<UInt8>, _ range: Range<Int>, seed: UInt64) -> UInt64 {
        let bytes = text.bytes
        let count = range.count
        var state = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        if count >= 8 {
            var offset = range.lowerBound
            while offset + 8 < range.upperBound {
                let word = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
                state = mix(state ^ word, 0xD6E8_FEB8_6659_FD93)
                offset += 8
            }
            let last = bytes.unsafeLoadUnaligned(fromByteOffset: range.upperBound - 8, as: UInt64.self)
            return mix(state ^ last, 0xA076_1D64_78BD_642F)
        }
        var word: UInt64 = 0
        if count >= 4 {
            let head = bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self)
            let tail = bytes.unsafeLoadUnaligned(fromByteOffset: range.upperBound - 4, as: UInt32.self)
            word = UInt64(head) << 32 | UInt64(tail)
        } else {
            for index in range { word = word << 8 | UInt64(text[index]) }
        }
        return mix(state ^ word, 0xA076_1D64_78BD_642F)
    }

    /// Whether `left[range]` equals the bytes of `right` from `start` on; both ranges must lie within their texts.
    @inline(__always)
    static func equal(_ left: Span<UInt8>, _ range: Range<Int>, _ right: Span<UInt8>, at start: Int) -> Bool {
        let (first, second) = (left.bytes, right.bytes)
        var offset = range.lowerBound
        var other = start
        while offset + 8 <= range.upperBound {
            let a = first.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let b = second.unsafeLoadUnaligned(fromByteOffset: other, as: UInt64.self)
            guard a == b else { return false }
            offset += 8
            other += 8
        }
        while offset < range.upperBound {
            guard left[offset] == right[other] else { return false }
            offset += 1
            other += 1
        }
        return true
    }
}
