/// SentencePiece's compiled normalization rules: a double-array trie of character sequences and their replacements.
///
/// Layout: byte length of the trie as a little-endian 32-bit number, the trie (32-bit units of Darts), the replacements,
/// each ended by a zero byte.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]
    /// For each ASCII byte that is not followed by a byte above 0x7F: whether it stays as it is.
    private let keepsASCII: [Bool]

    init(_ blob: [UInt8], place: String) throws(TokenizerError) {
        guard blob.count >= 4 else {
            throw .malformed(place, "the character map has \(blob.count) bytes, at least 4 expected")
        }
        let word = { (offset: Int) in
            UInt32(blob[offset]) | UInt32(blob[offset + 1]) << 8 | UInt32(blob[offset + 2]) << 16
                | UInt32(blob[offset + 3]) << 24
        }
        let size = Int(word(0))
        guard size >= 4, size % 4 == 0, size <= blob.count - 4 else {
            throw .malformed(place, "the character map's trie claims \(size) of \(blob.count - 4) bytes")
        }
        let units = stride(from: 4, to: 4 + size, by: 4).map(word)
        let replacements = Array(blob[(4 + size)...])
        guard replacements.isEmpty || replacements.last == 0, (try? UTF8Span(validating: replacements.span)) != nil
        else { throw .malformed(place, "the character map's replacements are not UTF-8 texts ended by zero") }
        self.units = units
        self.replacements = replacements
        keepsASCII = (0..<128).map { byte in
            let first = CharacterMap.walk(units, 0, UInt8(byte))
            guard let first else { return true }
            if CharacterMap.value(units, first) != nil { return false }
            return !(0..<128).contains { CharacterMap.walk(units, first, UInt8($0)) != nil }
        }
    }

    /// Whether the ASCII byte at `offset` stays as it is; false where a look-up must tell.
    @inline(__always)
    func keeps(_ text: Span<UInt8>, at offset: Int) -> Bool {
        text[offset] < 0x80 && keepsASCII[Int(text[offset])] && (offset + 1 == text.count || text[offset + 1] < 0x80)
    }

    /// The longest rule that matches `text` at `offset`: the bytes it consumes and the place of its replacement.
    func longestMatch(in text: Span<UInt8>, at offset: Int) -> (length: Int, replacement: Range<Int>)? {
        var match: (length: Int, value: Int)?
        var node = 0
        for index in offset..<text.count {
            guard let next = CharacterMap.walk(units, node, text[index]) else { break }
            node = next
            if let value = CharacterMap.value(units, node) { match = (index + 1 - offset, value) }
        }
        guard let match, let replacement = replacementRange(match.value) else { return nil }
        return (match.length, replacement)
    }

    /// The place of the replacement of the shortest rule that `text[range]` starts with.
    func shortestMatch(in text: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        var node = 0
        for index in range {
            guard let next = CharacterMap.walk(units, node, text[index]) else { return nil }
            node = next
            if let value = CharacterMap.value(units, node) { return replacementRange(value) }
        }
        return nil
    }

    /// The bytes from `start` to the next zero.
    private func replacementRange(_ start: Int) -> Range<Int>? {
        guard start < replacements.count else { return nil }
        var end = start
        while end < replacements.count, replacements[end] != 0 { end += 1 }
        return start..<end
    }

    /// The bytes of a replacement.
    @inline(__always)
    func replacement(_ range: Range<Int>) -> ArraySlice<UInt8> { replacements[range] }

    /// The node over `byte`. Nodes are positions of units; children lie at position XOR offset XOR label.
    private static func walk(_ units: [UInt32], _ node: Int, _ byte: UInt8) -> Int? {
        let next = node ^ offset(units[node]) ^ Int(byte)
        guard next < units.count, units[next] & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
        return next
    }

    /// The value at `node`, where a rule ends there.
    private static func value(_ units: [UInt32], _ node: Int) -> Int? {
        guard units[node] >> 8 & 1 == 1 else { return nil }
        let leaf = node ^ offset(units[node])
        return leaf < units.count ? Int(units[leaf] & 0x7FFF_FFFF) : nil
    }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & (1 << 9)) >> 6) }
}
