/// A table of short vectors that the IQ types index; the tables themselves are in `Codebook+Tables.swift`.
struct Codebook: Sendable {
    /// All entries, one after the other.
    private let values: [Int8]
    /// Values in one entry: 4 or 8.
    private let width: Int

    /// Reads a table of hexadecimal digits in lines. A byte holds four indexes into `levels` of up to 4, two of up to 8.
    init(width: Int, levels: [Int8], _ digits: StaticString) {
        let bits = levels.count > 4 ? 4 : 2
        let text = UnsafeBufferPointer(start: digits.utf8Start, count: digits.utf8CodeUnitCount)
        let nibbles = text.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        values = stride(from: 0, to: nibbles.count - 1, by: 2).flatMap { place in
            let byte = nibbles[place] << 4 | nibbles[place + 1]
            return stride(from: 0, to: 8, by: bits).map { levels[byte >> $0 & (levels.count > 4 ? 7 : 3)] }
        }
        self.width = width
    }

    /// Writes `entry` times `step`, negated where `signs` has a bit, the lowest first.
    func write(_ entry: Int, _ step: Float, _ signs: UInt8, to target: UnsafeMutablePointer<Float>) {
        for index in 0..<width {
            let value = step * Float(values[entry * width + index])
            target[index] = signs >> index & 1 == 0 ? value : -value
        }
    }

    /// Writes `entry` plus `shift`, times `step`.
    func write(_ entry: Int, _ step: Float, shift: Float, to target: UnsafeMutablePointer<Float>) {
        for index in 0..<width { target[index] = step * (Float(values[entry * width + index]) + shift) }
    }

    /// Eight signs from seven: the eighth makes the number of minus signs even.
    static func signs(_ seven: UInt8) -> UInt8 { seven | UInt8(seven.nonzeroBitCount & 1) << 7 }
}
