import JSONText

extension TokenizationPipeline {
    /// GPT-2's pair of files: pieces with ids, and merges, one a line in the order of ranks after an optional line that
    /// starts with `#version`.
    /// - Parameters:
    ///   - vocabularyJSON: the bytes of `vocab.json`.
    ///   - merges: the bytes of `merges.txt`.
    public init(
        vocabularyJSON: [UInt8],
        merges: [UInt8],
        files: (vocabulary: String, merges: String) = ("vocab.json", "merges.txt")
    ) throws(TokenizerError) {
        var builder = VocabularyBuilder()
        let vocabulary: Vocabulary
        let endOfText = Array("<|endoftext|>".utf8)
        do throws(TokenizerError) {
            for piece in try TokenizerJSON.pieces(vocabularyJSON) {
                let text = ByteLevelAlphabet.decoded(piece.text) ?? piece.text
                try builder.add(text, kind: text == endOfText ? .control : .normal, id: piece.id, place: "vocabulary")
                if text == endOfText {
                    (builder.specialTokens.beginning, builder.specialTokens.end) = (piece.id, piece.id)
                    builder.specialTokens.unknown = piece.id
                }
            }
            vocabulary = try builder.vocabulary(wordMark: .space, place: "vocabulary")
        } catch {
            throw error.inFile(files.vocabulary)
        }
        do throws(TokenizerError) {
            self.init(
                vocabulary,
                preTokenizer: PatternSplit(pattern: GPT2Pattern()),
                model: try BytePairModel(
                    byteLevel: vocabulary,
                    merges: try MergePair.lines(merges),
                    unknown: vocabulary.specialTokens.unknown,
                    takesWholeWords: false,
                    place: "merge"
                ),
                decoder: TokenDecoder(steps: [.byteLevel]),
                readsControlTokens: true
            )
        } catch {
            throw error.inFile(files.merges)
        }
        givenTokens = AddedTokenPair(
            vocabulary.specialTokens.end.map { [AddedToken(id: $0, content: endOfText)] } ?? [],
            isControl: { _ in true }
        )
    }

    /// BERT's `vocab.txt`: one piece a line, the line number is the id.
    /// - Parameters:
    ///   - vocabularyText: the bytes of the file.
    ///   - lowercases: whether text is lower-cased and loses its accents; nil looks whether the vocabulary has
    ///     upper-case letters.
    public init(
        vocabularyText: [UInt8],
        lowercases: Bool? = nil,
        file: String = "vocab.txt"
    ) throws(TokenizerError) {
        var lines = vocabularyText.repairedUTF8().split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        let names: [(String, WritableKeyPath<SpecialTokens, Int?>)] = [
            ("[UNK]", \.unknown), ("[CLS]", \.classification), ("[SEP]", \.separator), ("[PAD]", \.padding),
            ("[MASK]", \.mask),
        ]
        var builder = VocabularyBuilder()
        var hasUpperCase = false
        do throws(TokenizerError) {
            for (id, line) in lines.enumerated() {
                let piece = Array(line.last == 0x0D ? line.dropLast() : line)
                let role = names.first { Array($0.0.utf8) == piece }
                if let role { builder.specialTokens[keyPath: role.1] = id }
                let isBracketed = piece.first == UInt8(ascii: "[") && piece.last == UInt8(ascii: "]")
                hasUpperCase = hasUpperCase || !isBracketed && piece.contains { $0 >= 0x41 && $0 <= 0x5A }
                let kind: TokenKind = role.map { $0.0 == "[UNK]" ? .unknown : .control } ?? .normal
                try builder.add(piece, kind: kind, id: id, place: "line \(id + 1)")
            }
            let vocabulary = try builder.vocabulary(wordMark: .continuation(Array("##".utf8)), place: "lines")
            guard let unknown = vocabulary.specialTokens.unknown else {
                throw TokenizerError.malformed("lines", "no line reads [UNK]")
            }
            self.init(
                vocabulary,
                normalizer: BertNormalizer(lowercases: lowercases ?? !hasUpperCase),
                preTokenizer: BertSplit(),
                model: WordPieceModel(
                    vocabulary,
                    pieces: 0..<vocabulary.count,
                    prefix: Array("##".utf8),
                    unknown: unknown,
                    longestWord: 100
                ),
                decoder: TokenDecoder(steps: [.wordPiece(prefix: Array("##".utf8)), .tidy]),
                readsControlTokens: true
            )
        } catch {
            throw error.inFile(file)
        }
        let special = vocabulary.specialTokens
        let tokens = special.named.map { AddedToken(id: $0.id, content: Array(vocabulary.piece($0.id))) }
        givenTokens = AddedTokenPair(tokens, isControl: { _ in true })
        silentTokens.formUnion(special.named.map(\.id))
        prefix = [special.classification].compactMap(\.self)
        suffix = [special.separator].compactMap(\.self)
    }
}

extension TokenizerJSON {
    /// The pieces of a `vocab.json`.
    static func pieces(_ bytes: [UInt8]) throws(TokenizerError) -> [Piece] {
        do {
            var reader = JSONReader(bytes.span)
            let pieces = try readPieces(&reader)
            try reader.finish()
            return pieces
        } catch {
            throw tokenizerError(error)
        }
    }
}

extension MergePair {
    /// The pairs of a `merges.txt`, in GPT-2's alphabet.
    static func lines(_ bytes: [UInt8]) throws(TokenizerError) -> [MergePair] {
        var pairs: [MergePair] = []
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = line.last == 0x0D ? line.dropLast() : line
            if line.isEmpty || line.starts(with: "#version".utf8) { continue }
            pairs.append(try MergePair(line: line, place: "line \(number + 1)").decodedByteLevel)
        }
        return pairs
    }
}
