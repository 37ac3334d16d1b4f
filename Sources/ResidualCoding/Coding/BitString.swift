/// Bits one after the other, the first one highest in its byte.
struct BitString: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var bitCount = 0

    /// Adds the first `count` bits of `source`, which is zero beyond its end.
    mutating func append(_ source: [UInt8], bitCount count: Int) {
        let shift = bitCount & 7
        let needed = (bitCount + count + 7) / 8
        var index = bitCount >> 3
        bytes.append(contentsOf: repeatElement(0, count: needed - bytes.count))
        for i in 0..<min(source.count, (count + 7) / 8) {
            bytes[index] |= source[i] >> UInt8(shift)
            index += 1
            if shift > 0, index < needed { bytes[index] |= source[i] << UInt8(8 - shift) }
        }
        bitCount += count
    }
}
