extension TokenizationPipeline {
    /// The tokenizer of a SentencePiece model file, equal to the `sentencepiece` library.
    ///
    /// A bare model file does not say which special tokens go around a text: `prefix` and `suffix` are empty.
    /// - Parameters:
    ///   - sentencePiece: the bytes of `tokenizer.model` or an `.spm` file.
    ///   - file: its name for messages.
    public init(sentencePiece: [UInt8], file: String = "") throws(TokenizerError) {
        do throws(TokenizerError) {
            self = try SentencePieceFile(sentencePiece).pipeline()
        } catch {
            throw error.inFile(file)
        }
    }
}

extension SentencePieceFile {
    /// The vocabulary of the file: ids are positions of pieces.
    func vocabulary() throws(TokenizerError) -> Vocabulary {
        var builder = VocabularyBuilder()
        var seen = PieceTable()
        for (id, piece) in pieces.enumerated() {
            if let earlier = seen.append(piece.text) {
                throw .malformed("piece \(id)", "the same text as piece \(earlier)")
            }
            if piece.kind == .byte, TokenKind.byteValue(of: piece.text[...]) == nil {
                let text = String(decoding: piece.text, as: UTF8.self)
                throw .malformed("piece \(id)", "a byte piece is written <0xHH>, not \(text)")
            }
            try builder.add(piece.text, kind: piece.kind, id: id, place: "piece \(id)")
        }
        builder.specialTokens.unknown = pieces.firstIndex { $0.kind == .unknown }
        builder.specialTokens.beginning = control(.beginning, seen)
        builder.specialTokens.end = control(.end, seen)
        builder.specialTokens.padding = control(.padding, seen)
        return try builder.vocabulary(wordMark: .metaspace, place: "pieces")
    }

    private func control(_ role: Role, _ table: PieceTable) -> Int? {
        guard let text = roles[role], let id = table.find(text), pieces[id].kind == .control else { return nil }
        return id
    }

    /// The normalization of the file. User-defined pieces pass unchanged.
    func normalizer(_ vocabulary: Vocabulary) throws(TokenizerError) -> SentencePieceNormalizer {
        SentencePieceNormalizer(
            characterMap: characterMap.isEmpty ? nil : try CharacterMap(characterMap, place: "normalizer"),
            addsDummyPrefix: addsDummyPrefix,
            removesExtraWhitespace: removesExtraWhitespace,
            escapesWhitespace: escapesWhitespace,
            marksEnds: marksWordEnds,
            protected: PieceTrie(userDefined(vocabulary).map { ($0.content[...], $0.id) })
        )
    }

    private func userDefined(_ vocabulary: Vocabulary) -> [AddedToken] {
        (0..<vocabulary.count).filter { vocabulary.kind($0) == .userDefined }.map {
            AddedToken(id: $0, content: Array(vocabulary.piece($0)), isNormalized: true)
        }
    }

    /// What stands for text that no piece covers.
    func unknownText(_ vocabulary: Vocabulary) throws(TokenizerError) -> UnknownText {
        let byteTokens = hasByteFallback ? vocabulary.byteTokens : nil
        if hasByteFallback, byteTokens?.contains(-1) ?? true {
            throw .malformed("byte fallback", "the model falls back to bytes, but byte pieces are missing")
        }
        guard byteTokens != nil || vocabulary.specialTokens.unknown != nil else {
            throw .malformed("pieces", "no piece is of the type unknown")
        }
        return UnknownText(id: vocabulary.specialTokens.unknown, byteTokens: byteTokens, isFused: true)
    }

    /// The tokenizer that equals the `sentencepiece` library.
    func pipeline() throws(TokenizerError) -> TokenizationPipeline {
        let vocabulary = try vocabulary()
        let unknown = try unknownText(vocabulary)
        let model: any SubwordModel
        var finds: [AddedToken] = []
        switch algorithm {
        case .unigram:
            model = UnigramModel(sentencePiece: vocabulary, scores: pieces.map(\.score), unknown: unknown)
        case .bpe:
            model = BytePairModel(sentencePiece: vocabulary, scores: pieces.map(\.score), unknown: unknown)
            finds = userDefined(vocabulary)
        case .word, .characters:
            throw .unsupported("model type", "a SentencePiece model of words or characters")
        }
        var steps: [TokenDecoder.Step] = [.byteFallback]
        if addsDummyPrefix || removesExtraWhitespace {
            steps.append(.stripLeading(.metaspace, all: removesExtraWhitespace))
        }
        steps.append(.replace(.metaspace, by: [0x20]))
        var pipeline = TokenizationPipeline(
            vocabulary,
            normalizer: try normalizer(vocabulary),
            model: model,
            decoder: TokenDecoder(steps: steps),
            readsControlTokens: false
        )
        pipeline.normalizedTokens = TokenizationPipeline.AddedTokenPair(finds)
        pipeline.unknownText = unknownSurface
        return pipeline
    }
}
