/// What a token is for; the numbers are GGUF's token types, SentencePiece's piece types in the same order.
public enum TokenKind: UInt8, Hashable, Sendable, CaseIterable {
    /// A piece of text.
    case normal = 1
    /// Stands for text that no piece covers.
    case unknown = 2
    /// Steers the model (begin, end, padding, roles); no text of its own.
    case control = 3
    /// A text that is always one token.
    case userDefined = 4
    /// An id without use: padding of the table, a gap.
    case unused = 5
    /// One byte of a character that no piece covers, written `<0x0A>`.
    case byte = 6

    /// The byte that a token spelt `<0xHH>` stands for.
    static func byteValue(of piece: ArraySlice<UInt8>) -> UInt8? {
        guard piece.count == 6, piece.starts(with: "<0x".utf8), piece.last == UInt8(ascii: ">") else { return nil }
        let digits = piece.dropFirst(3).dropLast()
        guard digits.allSatisfy({ $0 < 0x80 && Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
