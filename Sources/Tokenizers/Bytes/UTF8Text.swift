/// Texts are arrays of UTF-8 bytes throughout this module: no `String` stands in a loop over text.
extension Span<UInt8> {
    /// The scalar that starts at `offset`, and its length in bytes.
    ///
    /// The text should be UTF-8. Where it is not, the answer may be any value, but it never reaches past the end.
    @inline(__always)
    func scalar(at offset: Int) -> (value: UInt32, length: Int) {
        let lead = self[offset]
        guard lead >= 0x80 else { return (UInt32(lead), 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard offset + length <= count else { return (0xFFFD, 1) }
        var value = UInt32(lead) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for index in offset + 1..<offset + length { value = value << 6 | UInt32(self[index] & 0x3F) }
        return (value, length)
    }

    /// The offset of the scalar that ends before `offset`, not before `limit`.
    @inline(__always)
    func startOfScalar(before offset: Int, limit: Int) -> Int {
        var start = offset - 1
        while start > limit, self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// Whether the bytes at `offset` are `text`.
    @inline(__always)
    func hasPrefix(_ text: [UInt8], at offset: Int) -> Bool {
        guard text.count <= count - offset else { return false }
        for index in text.indices where self[offset + index] != text[index] { return false }
        return true
    }
}

extension [UInt8] {
    /// The scalar `value` as UTF-8.
    mutating func append(scalar value: UInt32) {
        switch value {
        case ..<0x80: append(UInt8(value))
        case ..<0x800:
            append(UInt8(0xC0 | value >> 6))
            append(UInt8(0x80 | value & 0x3F))
        case ..<0x10000:
            append(UInt8(0xE0 | value >> 12))
            append(UInt8(0x80 | value >> 6 & 0x3F))
            append(UInt8(0x80 | value & 0x3F))
        default:
            append(UInt8(0xF0 | value >> 18 & 0x07))
            append(UInt8(0x80 | value >> 12 & 0x3F))
            append(UInt8(0x80 | value >> 6 & 0x3F))
            append(UInt8(0x80 | value & 0x3F))
        }
    }

    /// The text with every ill-formed sequence (maximal subpart) replaced by U+FFFD, as Python's and Rust's lossy
    /// decoders do; the array itself where it is well-formed.
    func repairedUTF8() -> [UInt8] {
        if (try? UTF8Span(validating: span)) != nil { return self }
        return Array(String(decoding: self, as: UTF8.self).utf8)
    }

    /// SentencePiece's sign for a space, U+2581.
    static let metaspace: [UInt8] = [0xE2, 0x96, 0x81]
}
