/// How a word falls into the symbols that merging starts from.
enum FirstSymbols: Sendable {
    /// Bytes: the id of each of the 256, -1 where the vocabulary lacks it.
    case bytes([Int])
    /// Characters, in the forms that the vocabulary knows.
    case characters(CharacterSymbols)

    /// Appends the first symbols of `text[word]`.
    @inline(__always)
    func append(_ text: Span<UInt8>, _ word: Range<Int>, unknown: UnknownText, to symbols: inout [UInt32]) {
        switch self {
        case .bytes(let ids):
            for index in word {
                let id = ids[Int(text[index])]
                if id >= 0 {
                    symbols.append(UInt32(truncatingIfNeeded: id))
                } else {
                    unknown.append(text, index..<index + 1, to: &symbols)
                }
            }
        case .characters(let characters): characters.append(text, word, unknown: unknown, to: &symbols)
        }
    }
}

/// What stands for text that the vocabulary does not cover.
struct UnknownText: Sendable {
    /// The unknown token; nil drops such text, as Hugging Face's tokenizers do.
    var id: Int?
    /// The tokens of the 256 bytes, where such text is spelt in bytes. A missing one (-1) makes the text unknown.
    var byteTokens: [Int]?
    /// Whether a run of unknown text becomes one token.
    var isFused: Bool

    /// Appends the symbols for the uncovered `text[range]`.
    func append(_ text: Span<UInt8>, _ range: Range<Int>, to symbols: inout [UInt32]) {
        let start = symbols.count
        if let byteTokens {
            for index in range {
                let id = byteTokens[Int(text[index])]
                guard id >= 0 else { break }
                symbols.append(UInt32(truncatingIfNeeded: id))
            }
            if symbols.count - start == range.count { return }
            symbols.removeSubrange(start...)
        }
        guard let id else { return }
        if isFused, symbols.last == UInt32(truncatingIfNeeded: id) { return }
        symbols.append(UInt32(truncatingIfNeeded: id))
    }
}

/// The symbols of single characters, with the marks that some vocabularies put on those inside and at the end of a word.
struct CharacterSymbols: Sendable {
    private let vocabulary: Vocabulary
    /// Put before every character of a word but its first.
    private let prefix: [UInt8]
    /// Put after the last character of a word.
    private let suffix: [UInt8]
    /// The ids of the unmarked ASCII characters; -1 for none.
    private let ascii: [Int]

    init(_ vocabulary: Vocabulary, prefix: [UInt8] = [], suffix: [UInt8] = []) {
        self.vocabulary = vocabulary
        self.prefix = prefix
        self.suffix = suffix
        ascii = (0..<128).map { byte in
            vocabulary.table.find([byte]).flatMap { vocabulary.isText($0) ? $0 : nil } ?? -1
        }
    }

    func append(_ text: Span<UInt8>, _ word: Range<Int>, unknown: UnknownText, to symbols: inout [UInt32]) {
        let hasMarks = !prefix.isEmpty || !suffix.isEmpty
        var offset = word.lowerBound
        while offset < word.upperBound {
            let length = min(text.scalar(at: offset).length, word.upperBound - offset)
            let range = offset..<offset + length
            let id = hasMarks ? marked(text, range, in: word) : unmarked(text, range)
            if let id {
                symbols.append(UInt32(truncatingIfNeeded: id))
            } else {
                unknown.append(text, range, to: &symbols)
            }
            offset += length
        }
    }

    @inline(__always)
    private func unmarked(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
        if range.count == 1, text[range.lowerBound] < 0x80 {
            let id = ascii[Int(text[range.lowerBound])]
            return id < 0 ? nil : id
        }
        guard let id = vocabulary.table.find(text, range), vocabulary.isText(id) else { return nil }
        return id
    }

    private func marked(_ text: Span<UInt8>, _ range: Range<Int>, in word: Range<Int>) -> Int? {
        var piece: [UInt8] = range.lowerBound == word.lowerBound ? [] : prefix
        for index in range { piece.append(text[index]) }
        if range.upperBound == word.upperBound { piece += suffix }
        guard let id = vocabulary.table.find(piece), vocabulary.isText(id) else { return nil }
        return id
    }
}
