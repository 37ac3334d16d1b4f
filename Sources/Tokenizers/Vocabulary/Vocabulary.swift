/// The tokens of a model: id ↔ bytes, kind, roles. Ids are rows of the embedding table, from 0 to `count - 1`.
public struct Vocabulary: Sendable {
    /// How a piece shows whether it begins a word.
    public enum WordMark: Hashable, Sendable {
        /// U+2581 before the first piece of a word (SentencePiece).
        case metaspace
        /// A space byte before the first piece of a word (byte-level BPE).
        case space
        /// A prefix before every piece but the first one of a word (WordPiece's `##`).
        case continuation([UInt8])
        /// A suffix after the last piece of a word (`</w>`).
        case end([UInt8])
    }

    /// A token as a reader sees it: its letters without the mark, and whether the mark says that a word begins.
    public struct Surface: Hashable, Sendable {
        /// The bytes without the mark.
        public var bytes: ArraySlice<UInt8>
        /// Whether the piece begins a word.
        public var beginsWord: Bool
    }

    let table: PieceTable
    let kinds: [TokenKind]
    /// How pieces show that they begin a word.
    public let wordMark: WordMark
    /// The tokens with a role.
    public internal(set) var specialTokens: SpecialTokens

    /// The number of ids.
    public var count: Int { kinds.count }

    /// The bytes of token `id`. Byte-level pieces are given as the bytes they stand for (a space, not `Ġ`), byte tokens
    /// by their spelling (`<0x0A>`).
    /// - Precondition: `id` is in `0..<count`.
    public func piece(_ id: Int) -> ArraySlice<UInt8> { table[id] }

    /// What token `id` is for.
    /// - Precondition: `id` is in `0..<count`.
    public func kind(_ id: Int) -> TokenKind { kinds[id] }

    /// The id of the token with exactly these bytes.
    public func id(of piece: some Sequence<UInt8>) -> Int? { table.find(Array(piece)) }

    /// The letters of token `id` and whether it begins a word.
    /// - Precondition: `id` is in `0..<count`.
    public func surface(of id: Int) -> Surface {
        let piece = piece(id)
        switch wordMark {
        case .metaspace: return surface(of: piece, mark: .metaspace)
        case .space: return surface(of: piece, mark: [0x20])
        case .continuation(let prefix):
            let continues = !prefix.isEmpty && piece.starts(with: prefix)
            return Surface(bytes: continues ? piece.dropFirst(prefix.count) : piece, beginsWord: !continues)
        case .end(let suffix):
            let ends = piece.suffix(suffix.count).elementsEqual(suffix)
            return Surface(bytes: ends ? piece.dropLast(suffix.count) : piece, beginsWord: false)
        }
    }

    private func surface(of piece: ArraySlice<UInt8>, mark: [UInt8]) -> Surface {
        let begins = piece.starts(with: mark)
        return Surface(bytes: begins ? piece.dropFirst(mark.count) : piece, beginsWord: begins)
    }

    /// Whether text may become this token by the subword algorithm.
    @inline(__always)
    func isText(_ id: Int) -> Bool {
        let kind = kinds[id]
        return kind == .normal || kind == .userDefined || kind == .unused
    }

    /// The ids of the 256 byte tokens; -1 where one is missing; nil where all are.
    var byteTokens: [Int]? {
        var ids = [Int](repeating: -1, count: 256)
        for id in 0..<count where kinds[id] == .byte {
            if let byte = TokenKind.byteValue(of: table[id]) { ids[Int(byte)] = id }
        }
        return ids.contains { $0 >= 0 } ? ids : nil
    }
}
