/// WordPiece (BERT): a word falls into the longest pieces from left to right; where one step finds none, the whole word
/// is unknown.
struct WordPieceModel: SubwordModel {
    private let beginnings: PieceTrie
    private let continuations: PieceTrie
    private let unknown: Int
    private let longestWord: Int
    /// The pieces in the order of their ids: vocabularies of this kind are written by falling frequency.
    let frequencyEvidence: FrequencyEvidence

    /// - Parameters:
    ///   - beginnings: ids of the pieces that begin a word, with their bytes.
    ///   - continuations: ids of the pieces inside a word, with their bytes without the mark.
    ///   - longestWord: words of more characters are unknown.
    init(
        beginnings: [(bytes: ArraySlice<UInt8>, value: Int)],
        continuations: [(bytes: ArraySlice<UInt8>, value: Int)],
        unknown: Int,
        longestWord: Int
    ) {
        self.beginnings = PieceTrie(beginnings)
        self.continuations = PieceTrie(continuations)
        self.unknown = unknown
        frequencyEvidence = .ranking(Set((beginnings + continuations).map(\.value)).sorted())
        self.longestWord = longestWord
    }

    /// The model of the tokens `pieces` of a vocabulary in which `prefix` marks the pieces inside a word.
    init(_ vocabulary: Vocabulary, pieces: some Sequence<Int>, prefix: [UInt8], unknown: Int, longestWord: Int) {
        var beginnings: [(bytes: ArraySlice<UInt8>, value: Int)] = []
        var continuations: [(bytes: ArraySlice<UInt8>, value: Int)] = []
        for id in pieces {
            let piece = vocabulary.piece(id)
            beginnings.append((piece, id))
            if piece.starts(with: prefix) { continuations.append((piece.dropFirst(prefix.count), id)) }
        }
        self.init(beginnings: beginnings, continuations: continuations, unknown: unknown, longestWord: longestWord)
    }

    func encode(_ text: [UInt8], words: [Range<Int>], into ids: inout [Int]) {
        let bytes = text.span
        for word in words {
            guard !isTooLong(bytes, word) else {
                ids.append(unknown)
                continue
            }
            let start = ids.count
            var offset = word.lowerBound
            while offset < word.upperBound {
                let rest = offset..<word.upperBound
                let match =
                    offset == word.lowerBound
                    ? beginnings.longestMatch(in: bytes, rest) : continuations.longestMatch(in: bytes, rest)
                guard let match else {
                    ids.removeSubrange(start...)
                    ids.append(unknown)
                    break
                }
                ids.append(match.value)
                offset = match.end
            }
        }
    }

    private func isTooLong(_ text: Span<UInt8>, _ word: Range<Int>) -> Bool {
        guard word.count > longestWord else { return false }
        var characters = 0
        for index in word where text[index] & 0xC0 != 0x80 { characters += 1 }
        return characters > longestWord
    }
}
