/// Collects tokens from a file and proves what the rest of the module relies on: ids without large gaps, special ids
/// inside the vocabulary.
struct VocabularyBuilder {
    /// At most this many ids per token that a file lists: real vocabularies have few gaps, and a hostile id must not
    /// make the table large.
    static let idsPerToken = 16
    /// Ids that any file may use, however few tokens it lists.
    static let freeIDs = 65_536

    private var pieces: [Int: (bytes: [UInt8], kind: TokenKind)] = [:]
    private var highest = -1
    var specialTokens = SpecialTokens()

    /// Adds the token `bytes`; an earlier token with the same id is replaced.
    mutating func add(
        _ bytes: [UInt8],
        kind: TokenKind,
        id: Int,
        place: @autoclosure () -> String
    ) throws(TokenizerError) {
        guard id >= 0, id < Int(Int32.max) else {
            throw .malformed(place(), "the id \(id) is outside 0..<2^31")
        }
        pieces[id] = (bytes, kind)
        highest = max(highest, id)
    }

    /// The next id after the highest one so far.
    var nextID: Int { highest + 1 }

    /// The vocabulary; ids that no token took are empty and unused.
    func vocabulary(wordMark: Vocabulary.WordMark, place: String) throws(TokenizerError) -> Vocabulary {
        guard !pieces.isEmpty else { throw .malformed(place, "the vocabulary is empty") }
        guard highest < pieces.count * VocabularyBuilder.idsPerToken + VocabularyBuilder.freeIDs else {
            throw .malformed(place, "the highest id is \(highest), but there are only \(pieces.count) tokens")
        }
        for (name, id) in specialTokens.named where id < 0 || id > highest {
            throw .malformed(place, "the \(name) token has id \(id), outside the vocabulary of \(highest + 1)")
        }
        var table = PieceTable()
        var kinds: [TokenKind] = []
        kinds.reserveCapacity(highest + 1)
        for id in 0...highest {
            let piece = pieces[id]
            kinds.append(piece?.kind ?? .unused)
            table.append(piece?.bytes ?? [], isFindable: piece != nil)
        }
        return Vocabulary(table: table, kinds: kinds, wordMark: wordMark, specialTokens: specialTokens)
    }
}
