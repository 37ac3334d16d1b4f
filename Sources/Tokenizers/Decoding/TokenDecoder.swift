/// Turns the pieces of a text back into the text, in the steps of Hugging Face's decoders.
struct TokenDecoder: Sendable {
    /// One step: from pieces to pieces.
    enum Step: Sendable {
        /// Runs of `<0xHH>` become their bytes; bytes that are not UTF-8 become U+FFFD each.
        case byteFallback
        /// Joins all pieces; bytes that are not UTF-8 become U+FFFD.
        case byteLevel
        /// Joins all pieces.
        case fuse
        /// Replaces a text in every piece.
        case replace([UInt8], by: [UInt8])
        /// Removes up to so many of a character at the ends of every piece.
        case strip([UInt8], start: Int, end: Int)
        /// The mark becomes a space; in the first piece it goes, where `dropsFirst`.
        case metaspace([UInt8], dropsFirst: Bool)
        /// Removes the mark at the beginning of the text; with `all`, also further ones while nothing else came.
        case stripLeading([UInt8], all: Bool)
        /// Removes the continuation prefix; pieces without it get a space in front, except the first.
        case wordPiece(prefix: [UInt8])
        /// English clean-up in every piece: spaces before punctuation and contractions go.
        case tidy
        /// The mark at the end of a word becomes a space, except at the end of the text.
        case wordEnd([UInt8])
    }

    var steps: [Step]
    /// What stands between the pieces at the end.
    var separator: [UInt8] = []

    /// The text of `pieces`.
    func text(of pieces: [[UInt8]]) -> [UInt8] {
        let decoded = steps.reduce(pieces) { TokenDecoder.apply($1, to: $0) }
        return Array(decoded.joined(separator: separator)).repairedUTF8()
    }

    private static func apply(_ step: Step, to pieces: [[UInt8]]) -> [[UInt8]] {
        switch step {
        case .byteFallback: return joiningByteTokens(pieces)
        case .byteLevel: return [Array(pieces.joined()).repairedUTF8()]
        case .fuse: return [Array(pieces.joined())]
        case .replace(let old, let new): return pieces.map(replacing(old, by: new).normalize)
        case .strip(let mark, let start, let end): return pieces.map { stripping(mark, start: start, end: end, $0) }
        case .metaspace(let mark, let dropsFirst):
            return pieces.enumerated().map { index, piece in
                replacing(mark, by: index == 0 && dropsFirst ? [] : [0x20]).normalize(piece)
            }
        case .stripLeading(let mark, let all): return strippingLeading(mark, all: all, pieces)
        case .wordPiece(let prefix):
            return pieces.enumerated().map { index, piece in
                guard index > 0 else { return piece }
                return piece.starts(with: prefix) ? Array(piece.dropFirst(prefix.count)) : [0x20] + piece
            }
        case .tidy: return pieces.map { piece in tidying.reduce(piece) { $1.normalize($0) } }
        case .wordEnd(let suffix):
            return pieces.enumerated().map { index, piece in
                replacing(suffix, by: index == pieces.count - 1 ? [] : [0x20]).normalize(piece)
            }
        }
    }

    private static func replacing(_ old: [UInt8], by new: [UInt8]) -> Replacing {
        Replacing(pattern: LiteralPattern(text: old), content: new)
    }

    private static func stripping(_ mark: [UInt8], start: Int, end: Int, _ piece: [UInt8]) -> [UInt8] {
        guard !mark.isEmpty else { return piece }
        var rest = piece[...]
        for _ in 0..<min(start, piece.count) {
            guard rest.starts(with: mark) else { break }
            rest.removeFirst(mark.count)
        }
        for _ in 0..<min(end, piece.count) {
            guard rest.suffix(mark.count).elementsEqual(mark) else { break }
            rest.removeLast(mark.count)
        }
        return Array(rest)
    }

    private static func joiningByteTokens(_ pieces: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var bytes: [UInt8] = []
        func flush() {
            guard !bytes.isEmpty else { return }
            if (try? UTF8Span(validating: bytes.span)) != nil {
                result.append(bytes)
            } else {
                result += Array(repeating: [0xEF, 0xBF, 0xBD], count: bytes.count)
            }
            bytes = []
        }
        for piece in pieces {
            if let byte = TokenKind.byteValue(of: piece[...]) {
                bytes.append(byte)
            } else {
                flush()
                result.append(piece)
            }
        }
        flush()
        return result
    }

    private static func strippingLeading(_ mark: [UInt8], all: Bool, _ pieces: [[UInt8]]) -> [[UInt8]] {
        var pieces = pieces
        for index in pieces.indices {
            let isMarked = pieces[index].starts(with: mark)
            if isMarked { pieces[index].removeFirst(mark.count) }
            if !pieces[index].isEmpty || isMarked && !all { break }
        }
        return pieces
    }

    private static let tidying: [Replacing] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { replacing(Array($0.utf8), by: Array($1.utf8)) }
}
