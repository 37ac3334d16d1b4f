import JSONText

extension TokenizationPipeline {
    /// The tokenizer of a `tokenizer.json`, equal to Hugging Face's tokenizers.
    /// - Parameters:
    ///   - tokenizerJSON: the bytes of the file.
    ///   - file: its name for messages.
    public init(tokenizerJSON: [UInt8], file: String = "") throws(TokenizerError) {
        do throws(TokenizerError) {
            self = try TokenizerJSON(tokenizerJSON).pipeline()
        } catch {
            throw error.inFile(file)
        }
    }
}

extension TokenizerJSON {
    /// The algorithm; older files do not name it.
    private enum Algorithm: String {
        case bytePairs = "BPE"
        case unigram = "Unigram"
        case wordPiece = "WordPiece"
        case wordLevel = "WordLevel"
    }

    private func algorithm() throws(TokenizerError) -> Algorithm {
        guard model["type"] != nil else {
            if merges != nil { return .bytePairs }
            if hasScores { return .unigram }
            return model["continuing_subword_prefix"] != nil ? .wordPiece : .wordLevel
        }
        guard let algorithm = Algorithm(rawValue: model.type) else {
            throw .unsupported("model.type", "the model \"\(model.type)\"")
        }
        guard hasScores == (algorithm == .unigram) else {
            throw .malformed("model.vocab", "not the form that \(algorithm.rawValue) needs")
        }
        return algorithm
    }

    /// The tokenizer that the file describes.
    func pipeline() throws(TokenizerError) -> TokenizationPipeline {
        let algorithm = try algorithm()
        let isByteLevel = algorithm == .bytePairs && TokenizerJSON.isByteLevel(preTokenizer)
        let added = try readAddedTokens()
        let vocabulary = try vocabulary(algorithm, isByteLevel: isByteLevel, added)
        let normalizer = try TokenizerJSON.normalizer(normalizer)
        var pipeline = TokenizationPipeline(
            vocabulary,
            normalizer: normalizer,
            preTokenizer: try TokenizerJSON.preTokenizer(preTokenizer),
            model: try subwordModel(algorithm, isByteLevel: isByteLevel, vocabulary),
            decoder: try TokenizerJSON.decoder(decoder),
            readsControlTokens: true
        )
        let frame = try TokenizerJSON.frame(postProcessor, count: vocabulary.count)
        (pipeline.prefix, pipeline.suffix) = (frame.prefix, frame.suffix)
        let special = Set(added.filter(\.isSpecial).map(\.token.id))
        pipeline.silentTokens = special
        pipeline.givenTokens = TokenizationPipeline.AddedTokenPair(
            added.map(\.token).filter { !$0.isNormalized },
            isControl: special.contains
        )
        let normalized = added.map(\.token).filter(\.isNormalized).map { token in
            var token = token
            token.content = normalizer?.normalize(token.content) ?? token.content
            return token
        }
        pipeline.normalizedTokens = TokenizationPipeline.AddedTokenPair(normalized, isControl: special.contains)
        return pipeline
    }

    private func readAddedTokens() throws(TokenizerError) -> [(token: AddedToken, isSpecial: Bool)] {
        var tokens: [(token: AddedToken, isSpecial: Bool)] = []
        for (index, value) in (addedTokens.elements ?? []).enumerated() {
            guard let id = value["id"]?.int, let content = value.utf8("content") else {
                throw .malformed("added_tokens[\(index)]", "id and content expected")
            }
            guard !content.isEmpty else { continue }
            let isSpecial = value["special"]?.bool ?? false
            let token = AddedToken(
                id: id,
                content: content,
                isSingleWord: value["single_word"]?.bool ?? false,
                stripsLeft: value["lstrip"]?.bool ?? false,
                stripsRight: value["rstrip"]?.bool ?? false,
                isNormalized: value["normalized"]?.bool ?? !isSpecial
            )
            tokens.append((token, isSpecial))
        }
        return tokens
    }

    private func vocabulary(
        _ algorithm: Algorithm,
        isByteLevel: Bool,
        _ added: [(token: AddedToken, isSpecial: Bool)]
    ) throws(TokenizerError) -> Vocabulary {
        var builder = VocabularyBuilder()
        let hasByteTokens = model["byte_fallback"]?.bool ?? false
        for piece in pieces {
            let isByte = hasByteTokens && TokenKind.byteValue(of: piece.text[...]) != nil
            let text = isByteLevel ? ByteLevelAlphabet.decoded(piece.text) ?? piece.text : piece.text
            try builder.add(text, kind: isByte ? .byte : .normal, id: piece.id, place: "model.vocab")
        }
        for (token, isSpecial) in added {
            try builder.add(
                token.content,
                kind: isSpecial ? .control : .userDefined,
                id: token.id,
                place: "added_tokens"
            )
        }
        if let unknown = try unknownID(), let piece = pieces.first(where: { $0.id == unknown }) {
            try builder.add(piece.text, kind: .unknown, id: unknown, place: "model.vocab")
            builder.specialTokens.unknown = unknown
        }
        return try builder.vocabulary(wordMark: wordMark(algorithm, isByteLevel), place: "model.vocab")
    }

    private func wordMark(_ algorithm: Algorithm, _ isByteLevel: Bool) -> Vocabulary.WordMark {
        if isByteLevel { return .space }
        if let suffix = model.utf8("end_of_word_suffix"), !suffix.isEmpty { return .end(suffix) }
        if algorithm == .wordPiece { return .continuation(continuationPrefix) }
        return .metaspace
    }

    private var continuationPrefix: [UInt8] { model.utf8("continuing_subword_prefix") ?? Array("##".utf8) }

    /// The id of the unknown token, by `unk_id` or `unk_token`.
    private func unknownID() throws(TokenizerError) -> Int? {
        if let id = model["unk_id"]?.int {
            guard pieces.indices.contains(id) else {
                throw .malformed("model.unk_id", "\(id) is outside the vocabulary of \(pieces.count)")
            }
            return id
        }
        guard let name = model.utf8("unk_token") else { return nil }
        return pieces.last { $0.text == name }?.id
    }

    private func subwordModel(
        _ algorithm: Algorithm,
        isByteLevel: Bool,
        _ vocabulary: Vocabulary
    ) throws(TokenizerError) -> any SubwordModel {
        let unknown = vocabulary.specialTokens.unknown
        switch algorithm {
        case .bytePairs: return try bytePairs(isByteLevel, vocabulary)
        case .unigram:
            let byteTokens = model["byte_fallback"]?.bool ?? false ? vocabulary.byteTokens : nil
            return UnigramModel(
                vocabulary,
                pieces: pieces.indices,
                scores: pieces.map(\.score),
                worst: pieces.lazy.map(\.score).min() ?? 0,
                unknown: UnknownText(id: unknown, byteTokens: byteTokens, isFused: true),
                rebasesSums: false
            )
        case .wordPiece:
            guard let unknown else { throw .malformed("model.unk_token", "the vocabulary does not have it") }
            let longest = model["max_input_chars_per_word"]?.int ?? 100
            return WordPieceModel(
                vocabulary,
                pieces: pieces.map(\.id),
                prefix: continuationPrefix,
                unknown: unknown,
                longestWord: max(longest, 0)
            )
        case .wordLevel: return WordLevelModel(vocabulary: vocabulary, unknown: unknown)
        }
    }

    private func bytePairs(_ isByteLevel: Bool, _ vocabulary: Vocabulary) throws(TokenizerError) -> BytePairModel {
        if let dropout = model["dropout"]?.double, dropout > 0 {
            throw .unsupported("model.dropout", "merges that are left out at random")
        }
        let pairs = merges ?? []
        let takesWholeWords = model["ignore_merges"]?.bool ?? false
        let prefix = model.utf8("continuing_subword_prefix") ?? []
        let suffix = model.utf8("end_of_word_suffix") ?? []
        if isByteLevel, prefix.isEmpty, suffix.isEmpty {
            return try BytePairModel(
                byteLevel: vocabulary,
                merges: pairs.map(\.decodedByteLevel),
                unknown: vocabulary.specialTokens.unknown,
                takesWholeWords: takesWholeWords,
                place: "model.merges"
            )
        }
        guard !isByteLevel else { throw .unsupported("model", "marks inside words together with byte-level pieces") }
        let (table, products) = try MergeTable.ranked(pairs, vocabulary, prefix: prefix, place: "model.merges")
        let byteTokens = model["byte_fallback"]?.bool ?? false ? vocabulary.byteTokens : nil
        return BytePairModel(
            vocabulary,
            firstSymbols: .characters(CharacterSymbols(vocabulary, prefix: prefix, suffix: suffix)),
            unknown: UnknownText(
                id: vocabulary.specialTokens.unknown,
                byteTokens: byteTokens,
                isFused: model["fuse_unk"]?.bool ?? false
            ),
            merges: table,
            products: products,
            takesWholeWords: takesWholeWords
        )
    }
}
