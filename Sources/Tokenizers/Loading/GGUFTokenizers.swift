extension TokenizationPipeline {
    /// The tokenizer of a GGUF file, equal to llama.cpp.
    ///
    /// Text that spells a control token becomes that token only where `EncodingOptions.readsControlTokens` is true
    /// (llama.cpp's `parse_special`).
    /// - Parameter file: the file's name for messages.
    public init(gguf: GGUFVocabulary, file: String = "") throws(TokenizerError) {
        do throws(TokenizerError) {
            self =
                switch gguf.model {
                case "llama": try gguf.sentencePiecePipeline()
                case "gpt2": try gguf.byteLevelPipeline()
                case "bert": try gguf.wordPiecePipeline()
                case "t5": try gguf.unigramPipeline()
                default:
                    throw .unsupported("tokenizer.ggml.model", "the tokenizer \"\(gguf.model)\"")
                }
        } catch {
            throw error.inFile(file)
        }
    }
}

extension GGUFVocabulary {
    /// Finds control, unknown and user-defined tokens in the text as given.
    private func finds(_ vocabulary: Vocabulary) -> TokenizationPipeline.AddedTokenPair {
        let name = modelName.lowercased()
        let isPhi3 = name.contains("phi-3") || name.contains("phi3")
        let keepsRight = ["<unk>", "<s>", "<|endoftext|>"].map { Array($0.utf8) }
        let tokens = (0..<vocabulary.count).compactMap { id -> AddedToken? in
            guard [.control, .unknown, .userDefined].contains(vocabulary.kind(id)) else { return nil }
            let content = Array(vocabulary.piece(id))
            return AddedToken(id: id, content: content, stripsRight: isPhi3 && !keepsRight.contains(content))
        }
        return TokenizationPipeline.AddedTokenPair(tokens) { vocabulary.kind($0) != .userDefined }
    }

    private func finished(_ pipeline: TokenizationPipeline, prefix: [Int?], suffix: [Int?]) -> TokenizationPipeline {
        var pipeline = pipeline
        pipeline.givenTokens = finds(pipeline.vocabulary)
        pipeline.prefix = prefix.compactMap(\.self)
        pipeline.suffix = suffix.compactMap(\.self)
        for id in 0..<pipeline.vocabulary.count where pipeline.vocabulary.kind(id) == .unknown {
            pipeline.silentTokens.insert(id)
        }
        return pipeline
    }

    func sentencePiecePipeline() throws(TokenizerError) -> TokenizationPipeline {
        let vocabulary = try vocabulary(
            defaults: { ($0.beginning, $0.end, $0.unknown) = (1, 2, 0) },
            wordMark: .metaspace
        )
        guard !scores.isEmpty else {
            throw .malformed("tokenizer.ggml.scores", "the key is missing")
        }
        let special = vocabulary.specialTokens
        let unknown = UnknownText(id: special.unknown, byteTokens: vocabulary.byteTokens, isFused: true)
        let pipeline = TokenizationPipeline(
            vocabulary,
            normalizer: SentencePieceNormalizer(
                addsDummyPrefix: addsSpacePrefix ?? true,
                removesExtraWhitespace: removesExtraWhitespace ?? false
            ),
            model: BytePairModel(sentencePiece: vocabulary, scores: scores, unknown: unknown),
            decoder: TokenDecoder(steps: [
                .byteFallback, .replace(.metaspace, by: [0x20]), .fuse,
                .strip([0x20], start: addsSpacePrefix ?? true ? 1 : 0, end: 0),
            ]),
            readsControlTokens: false
        )
        return finished(
            pipeline,
            prefix: [addsBeginning ?? true ? special.beginning : nil],
            suffix: [addsEnd ?? false ? special.end : nil]
        )
    }

    func byteLevelPipeline() throws(TokenizerError) -> TokenizationPipeline {
        let splitting = try GGUFPreTokenizer(named: preTokenizer)
        let vocabulary = try vocabulary(
            defaults: { ($0.beginning, $0.end) = (11, 11) },
            wordMark: .space,
            reading: { ByteLevelAlphabet.decoded($0) ?? $0 }
        )
        guard !merges.isEmpty else { throw .malformed("tokenizer.ggml.merges", "the key is missing") }
        var pairs: [MergePair] = []
        pairs.reserveCapacity(merges.count)
        for (rank, line) in merges.enumerated() {
            pairs.append(try MergePair(line: line, place: "tokenizer.ggml.merges[\(rank)]").decodedByteLevel)
        }
        let special = vocabulary.specialTokens
        let pipeline = TokenizationPipeline(
            vocabulary,
            preTokenizer: splitting.split,
            model: try BytePairModel(
                byteLevel: vocabulary,
                merges: pairs,
                unknown: special.unknown,
                takesWholeWords: splitting.takesWholeWords,
                place: "tokenizer.ggml.merges"
            ),
            decoder: TokenDecoder(steps: [.byteLevel]),
            readsControlTokens: false
        )
        return finished(
            pipeline,
            prefix: [addsBeginning ?? splitting.addsBeginning ? special.beginning : nil],
            suffix: [addsEnd ?? false ? special.end : nil, splitting.addsSeparator ? special.separator : nil]
        )
    }

    func wordPiecePipeline() throws(TokenizerError) -> TokenizationPipeline {
        let vocabulary = try vocabulary(
            defaults: {
                ($0.classification, $0.separator, $0.unknown, $0.padding, $0.mask) = (101, 102, 100, 0, 103)
            },
            wordMark: .metaspace
        )
        let special = vocabulary.specialTokens
        guard let unknown = special.unknown else {
            throw .malformed("tokenizer.ggml.unknown_token_id", "the vocabulary has no unknown token")
        }
        // The converter has moved BERT's mark from the pieces inside a word to those that begin one.
        var beginnings: [(bytes: ArraySlice<UInt8>, value: Int)] = []
        var continuations: [(bytes: ArraySlice<UInt8>, value: Int)] = []
        for id in 0..<vocabulary.count where vocabulary.isText(id) {
            let surface = vocabulary.surface(of: id)
            if surface.beginsWord {
                beginnings.append((surface.bytes, id))
            } else {
                continuations.append((surface.bytes, id))
            }
        }
        let pipeline = TokenizationPipeline(
            vocabulary,
            normalizer: BertNormalizer(),
            preTokenizer: BertSplit(),
            model: WordPieceModel(
                beginnings: beginnings,
                continuations: continuations,
                unknown: unknown,
                longestWord: .max
            ),
            decoder: TokenDecoder(steps: [
                .replace(.metaspace, by: [0x20]), .tidy, .fuse, .strip([0x20], start: 1, end: 0),
            ]),
            readsControlTokens: false
        )
        return finished(
            pipeline,
            prefix: [addsBeginning ?? true ? special.classification ?? special.beginning : nil],
            suffix: [special.separator ?? special.end]
        )
    }

    func unigramPipeline() throws(TokenizerError) -> TokenizationPipeline {
        let vocabulary = try vocabulary(
            defaults: { ($0.end, $0.unknown, $0.padding) = (1, 2, 0) },
            wordMark: .metaspace
        )
        guard !scores.isEmpty else { throw .malformed("tokenizer.ggml.scores", "the key is missing") }
        let special = vocabulary.specialTokens
        guard special.unknown != nil else {
            throw .malformed("tokenizer.ggml.unknown_token_id", "the vocabulary has no unknown token")
        }
        let userDefined = (0..<vocabulary.count).filter { vocabulary.kind($0) == .userDefined }
        let pipeline = TokenizationPipeline(
            vocabulary,
            normalizer: SentencePieceNormalizer(
                characterMap: characterMap.isEmpty
                    ? nil : try CharacterMap(characterMap, place: "tokenizer.ggml.precompiled_charsmap"),
                addsDummyPrefix: addsSpacePrefix ?? true,
                removesExtraWhitespace: removesExtraWhitespace ?? true,
                protected: PieceTrie(userDefined.map { (vocabulary.piece($0), $0) })
            ),
            model: UnigramModel(
                sentencePiece: vocabulary,
                scores: scores,
                unknown: UnknownText(id: special.unknown, byteTokens: vocabulary.byteTokens, isFused: true)
            ),
            decoder: TokenDecoder(steps: [
                .byteFallback, .stripLeading(.metaspace, all: true), .replace(.metaspace, by: [0x20]),
            ]),
            readsControlTokens: false
        )
        return finished(
            pipeline,
            prefix: [addsBeginning ?? false ? special.beginning : nil],
            suffix: [addsEnd ?? true ? special.end : nil]
        )
    }
}
