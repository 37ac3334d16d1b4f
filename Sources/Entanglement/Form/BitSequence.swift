/// A run of unsigned fields of few bits each, packed without gaps, the first bit lowest in the first byte.
public struct BitSequence: Sendable, Equatable {
    /// The widest field.
    public static let maximumWidth = 32

    /// The number of bits.
    public private(set) var bitCount: Int
    /// The bits, 64 a word; bits past the last one are zero, and one spare word lets a field be read as two words.
    private var words: [UInt64]

    /// The bytes that the bits take when stored.
    public var byteCount: Int { (bitCount + 7) / 8 }

    /// No bits.
    public init() { (bitCount, words) = (0, [0]) }

    /// `bitCount` zero bits.
    public init(bitCount: Int) {
        (self.bitCount, words) = (bitCount, Array(repeating: 0, count: bitCount / 64 + 2))
    }

    /// The bits stored in `bytes`; nil unless these are exactly as many as `bitCount` needs and the bits past the last
    /// one are zero.
    public init?(bytes: [UInt8], bitCount: Int) {
        guard bitCount >= 0, bitCount <= Int.max - 7, bytes.count == (bitCount + 7) / 8 else { return nil }
        if bitCount % 8 != 0, let last = bytes.last, last >> (bitCount % 8) != 0 { return nil }
        self.init(bitCount: bitCount)
        for (i, byte) in bytes.enumerated() { words[i / 8] |= UInt64(byte) << (i % 8 * 8) }
    }

    /// The stored form.
    public var bytes: [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> ($0 % 8 * 8)) }
    }

    /// The field of `width` bits (0…32) that begins at bit `position`.
    @inlinable
    public func field(at position: Int, width: Int) -> Int { Int(truncatingIfNeeded: bits(at: position, width: width)) }

    @usableFromInline
    func bits(at position: Int, width: Int) -> UInt64 {
        let (word, shift) = (position >> 6, UInt64(position & 63))
        let low = words[word] >> shift
        let high = shift == 0 ? 0 : words[word + 1] << (64 - shift)
        return (low | high) & ((1 << UInt64(width)) - 1)
    }

    /// Writes `value`, which must fit in `width` bits (0…32), at bit `position`.
    public mutating func set(_ value: Int, at position: Int, width: Int) {
        let (word, shift) = (position >> 6, UInt64(position & 63))
        let mask: UInt64 = (1 << UInt64(width)) - 1
        let value = UInt64(truncatingIfNeeded: value) & mask
        words[word] = words[word] & ~(mask << shift) | value << shift
        guard shift > 0 else { return }
        words[word + 1] = words[word + 1] & ~(mask >> (64 - shift)) | value >> (64 - shift)
    }

    /// The least width that holds every number below `count`: ⌈log₂ count⌉, 0 for one number.
    public static func width(holding count: Int) -> Int {
        count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
    }
}
