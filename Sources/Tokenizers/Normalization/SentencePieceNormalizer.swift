/// SentencePiece's normalization: the character map, white space trimmed and joined, spaces shown as U+2581, one put in
/// front of the text.
struct SentencePieceNormalizer: Normalizer {
    /// Rules on characters; nil leaves them as they are.
    var characterMap: CharacterMap?
    /// Puts a space in front (or at the end, where `marksEnds`) of the text.
    var addsDummyPrefix = true
    /// Removes white space at the ends and joins runs of it.
    var removesExtraWhitespace = false
    /// Writes U+2581 for a space.
    var escapesWhitespace = true
    /// Words carry their space at the end.
    var marksEnds = false
    /// User-defined pieces, which no rule may change.
    var protected = PieceTrie([])

    func normalize(_ text: [UInt8]) -> [UInt8] {
        let space = escapesWhitespace ? [UInt8].metaspace : [0x20]
        let bytes = text.span
        var offset = 0
        if removesExtraWhitespace {
            while offset < bytes.count {
                let step = step(in: bytes, at: offset)
                guard step.isSpace(self, bytes) else { break }
                offset += step.length
            }
        }
        guard offset < bytes.count else { return [] }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 2)
        if addsDummyPrefix, !marksEnds { result += space }
        var followsSpace = removesExtraWhitespace
        while offset < bytes.count {
            let step = step(in: bytes, at: offset)
            switch step.source {
            case .text(let range):
                append(bytes, range, to: &result, space, &followsSpace)
            case .replacement(let range):
                let replacement = characterMap?.replacement(range) ?? []
                append(Array(replacement).span, 0..<range.count, to: &result, space, &followsSpace)
            }
            offset += step.length
        }
        if removesExtraWhitespace {
            while result.suffix(space.count).elementsEqual(space) { result.removeLast(space.count) }
        }
        if addsDummyPrefix, marksEnds { result += space }
        return result
    }

    /// What becomes of the next characters.
    private struct Step {
        enum Source {
            /// The text itself.
            case text(Range<Int>)
            /// Bytes of the character map.
            case replacement(Range<Int>)
        }
        var source: Source
        /// The bytes of the text that are consumed.
        var length: Int

        /// Whether it is exactly one space.
        func isSpace(_ normalizer: SentencePieceNormalizer, _ text: Span<UInt8>) -> Bool {
            switch source {
            case .text(let range): range.count == 1 && text[range.lowerBound] == 0x20
            case .replacement(let range): normalizer.characterMap?.replacement(range).elementsEqual([0x20]) ?? false
            }
        }
    }

    @inline(__always)
    private func step(in text: Span<UInt8>, at offset: Int) -> Step {
        if !protected.isEmpty, let match = protected.longestMatch(in: text, offset..<text.count) {
            return Step(source: .text(offset..<match.end), length: match.end - offset)
        }
        if let characterMap, !characterMap.keeps(text, at: offset),
            let match = characterMap.longestMatch(in: text, at: offset)
        {
            return Step(source: .replacement(match.replacement), length: match.length)
        }
        let length = text.scalar(at: offset).length
        return Step(source: .text(offset..<offset + length), length: length)
    }

    @inline(__always)
    private func append(
        _ source: Span<UInt8>,
        _ range: Range<Int>,
        to result: inout [UInt8],
        _ space: [UInt8],
        _ followsSpace: inout Bool
    ) {
        var start = range.lowerBound
        while followsSpace, start < range.upperBound, source[start] == 0x20 { start += 1 }
        for index in start..<range.upperBound {
            if source[index] == 0x20 { result += space } else { result.append(source[index]) }
        }
        if start < range.upperBound { followsSpace = source[range.upperBound - 1] == 0x20 }
        if !removesExtraWhitespace { followsSpace = false }
    }
}
