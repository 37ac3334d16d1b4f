/// A token that is looked for in the text before the text is split into pieces.
struct AddedToken: Hashable, Sendable {
    var id: Int
    var content: [UInt8]
    /// Only where no word character stands next to it.
    var isSingleWord = false
    /// Takes the white space on its left along.
    var stripsLeft = false
    /// Takes the white space on its right along.
    var stripsRight = false
    /// Looked for after normalization.
    var isNormalized = false
}

/// Finds added tokens in a text: leftmost first, of those the longest.
struct AddedTokenMatcher: Sendable {
    /// A stretch of text, or a token found in it.
    enum Section: Hashable {
        case text(Range<Int>)
        case token(Int)
    }

    private let tokens: [AddedToken]
    private let trie: PieceTrie

    init(_ tokens: [AddedToken]) {
        self.tokens = tokens
        trie = PieceTrie(tokens.enumerated().map { ($1.content[...], $0) })
    }

    /// The sections of `text[range]` in order; empty stretches are left out.
    func sections(of text: [UInt8], in range: Range<Int>) -> [Section] {
        guard !trie.isEmpty else { return range.isEmpty ? [] : [.text(range)] }
        var sections: [Section] = []
        var textStart = range.lowerBound
        var offset = range.lowerBound
        let bytes = text.span
        while offset < range.upperBound {
            guard trie.hasPiece(startingWith: bytes[offset]),
                let match = trie.longestMatch(in: bytes, offset..<range.upperBound)
            else {
                offset += 1
                continue
            }
            let token = tokens[match.value]
            var (start, end) = (offset, match.end)
            offset = match.end
            if token.isSingleWord, touchesWord(bytes, start..<end, in: range) { continue }
            if token.stripsLeft {
                while start > textStart {
                    let previous = bytes.startOfScalar(before: start, limit: textStart)
                    guard ScalarClass(bytes.scalar(at: previous).value).contains(.space) else { break }
                    start = previous
                }
            }
            if token.stripsRight {
                while end < range.upperBound {
                    let scalar = bytes.scalar(at: end)
                    guard ScalarClass(scalar.value).contains(.space) else { break }
                    end += scalar.length
                }
            }
            if textStart < start { sections.append(.text(textStart..<start)) }
            sections.append(.token(token.id))
            textStart = end
            offset = max(offset, end)
        }
        if textStart < range.upperBound { sections.append(.text(textStart..<range.upperBound)) }
        return sections
    }

    private func touchesWord(_ text: Span<UInt8>, _ match: Range<Int>, in range: Range<Int>) -> Bool {
        if match.lowerBound > range.lowerBound {
            let previous = text.startOfScalar(before: match.lowerBound, limit: range.lowerBound)
            if ScalarClass(text.scalar(at: previous).value).contains(.word) { return true }
        }
        return match.upperBound < range.upperBound
            && ScalarClass(text.scalar(at: match.upperBound).value).contains(.word)
    }
}
