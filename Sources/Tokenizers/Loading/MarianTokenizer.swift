import JSONText

/// Marian's tokenizer (OPUS-MT): a SentencePiece model for each side, whose pieces get their ids from `vocab.json`.
///
/// Equal to transformers' `MarianTokenizer`: a leading `>>xx<<` is one token, and `</s>` ends a text with special tokens.
public struct MarianTokenizer: Tokenizer {
    /// The side that a model reads.
    public let source: TokenizationPipeline
    /// The side that a model writes.
    public let target: TokenizationPipeline

    /// The source side's vocabulary, which both sides share unless `target_vocab.json` exists.
    public var vocabulary: Vocabulary { source.vocabulary }

    /// The source side's evidence; both sides' where they share ids.
    public var frequencyEvidence: FrequencyEvidence {
        guard sharesVocabulary, case .logProbabilities(let first) = source.frequencyEvidence,
            case .logProbabilities(let second) = target.frequencyEvidence
        else { return source.frequencyEvidence }
        return .logProbabilities(first + second)
    }

    private let sharesVocabulary: Bool

    /// - Parameters:
    ///   - sourceModel: the bytes of `source.spm`.
    ///   - targetModel: the bytes of `target.spm`.
    ///   - vocabulary: the bytes of `vocab.json`.
    ///   - targetVocabulary: the bytes of `target_vocab.json`, where the sides do not share ids.
    public init(
        sourceModel: [UInt8],
        targetModel: [UInt8],
        vocabulary: [UInt8],
        targetVocabulary: [UInt8]? = nil
    ) throws(TokenizerError) {
        let shared = try MarianTokenizer.vocabulary(vocabulary, file: "vocab.json")
        let separate: Vocabulary? =
            if let targetVocabulary {
                try MarianTokenizer.vocabulary(targetVocabulary, file: "target_vocab.json")
            } else {
                nil
            }
        sharesVocabulary = separate == nil
        source = try MarianTokenizer.side(sourceModel, shared, file: "source.spm")
        target = try MarianTokenizer.side(targetModel, separate ?? shared, file: "target.spm")
    }

    /// The ids of a text of the source side.
    public func encode(utf8 text: [UInt8], _ options: EncodingOptions) -> [Int] {
        MarianTokenizer.encode(text, by: source, options)
    }

    /// The ids of a text of the target side, as a trainer needs them for labels.
    public func encodeTarget(utf8 text: [UInt8], _ options: EncodingOptions = EncodingOptions()) -> [Int] {
        MarianTokenizer.encode(text, by: target, options)
    }

    /// The text of ids of the target side, with white space trimmed.
    public func decodedUTF8(_ ids: [Int], keepsSpecialTokens: Bool) -> [UInt8] {
        target.decodedUTF8(ids, keepsSpecialTokens: keepsSpecialTokens)
    }

    private static func encode(_ text: [UInt8], by side: TokenizationPipeline, _ options: EncodingOptions) -> [Int] {
        guard text.starts(with: ">>".utf8), let end = LiteralPattern(text: Array("<<".utf8)).firstMatch(in: text) else {
            return side.encode(utf8: text, options)
        }
        let code = side.vocabulary.table.find(Array(text[..<end.upperBound])) ?? side.vocabulary.specialTokens.unknown
        return (code.map { [$0] } ?? []) + side.encode(utf8: Array(text[end.upperBound...]), options)
    }

    private static func vocabulary(_ bytes: [UInt8], file: String) throws(TokenizerError) -> Vocabulary {
        let roles: [(text: String, path: WritableKeyPath<SpecialTokens, Int?>)] = [
            ("<unk>", \.unknown), ("</s>", \.end), ("<pad>", \.padding),
        ]
        do throws(TokenizerError) {
            var builder = VocabularyBuilder()
            for piece in try TokenizerJSON.pieces(bytes) {
                let role = roles.first { Array($0.text.utf8) == piece.text }
                if let role { builder.specialTokens[keyPath: role.path] = piece.id }
                let kind: TokenKind = role.map { $0.text == "<unk>" ? .unknown : .control } ?? .normal
                try builder.add(piece.text, kind: kind, id: piece.id, place: "vocabulary")
            }
            guard builder.specialTokens.unknown != nil, builder.specialTokens.end != nil else {
                throw TokenizerError.malformed("vocabulary", "<unk> and </s> are needed")
            }
            return try builder.vocabulary(wordMark: .metaspace, place: "vocabulary")
        } catch {
            throw error.inFile(file)
        }
    }

    private static func side(
        _ bytes: [UInt8],
        _ vocabulary: Vocabulary,
        file: String
    ) throws(TokenizerError) -> TokenizationPipeline {
        do throws(TokenizerError) {
            let model = try SentencePieceFile(bytes)
            guard model.algorithm == .unigram else {
                throw TokenizerError.unsupported("model type", "a Marian model whose pieces are not unigrams")
            }
            let pieces = try model.vocabulary()
            let special = vocabulary.specialTokens
            let ids = (0..<pieces.count).map { vocabulary.table.find(Array(pieces.piece($0))) ?? special.unknown ?? 0 }
            var pipeline = TokenizationPipeline(
                vocabulary,
                normalizer: try model.normalizer(pieces),
                model: UnigramModel(
                    sentencePiece: pieces,
                    scores: model.pieces.map(\.score),
                    unknown: UnknownText(id: special.unknown, byteTokens: nil, isFused: true),
                    target: UnigramModel<Float>.Target(ids: ids, vocabulary: vocabulary)
                ),
                decoder: TokenDecoder(steps: [
                    .replace(.metaspace, by: [0x20]), .fuse, .strip([0x20], start: .max, end: .max),
                ]),
                readsControlTokens: true
            )
            let tokens = special.named.map { AddedToken(id: $0.id, content: Array(vocabulary.piece($0.id))) }
            pipeline.givenTokens = TokenizationPipeline.AddedTokenPair(tokens, isControl: { _ in true })
            pipeline.silentTokens.formUnion(special.named.map(\.id))
            pipeline.suffix = [special.end].compactMap(\.self)
            return pipeline
        } catch {
            throw error.inFile(file)
        }
    }
}

extension LiteralPattern {
    /// The first match in `text`.
    fileprivate func firstMatch(in text: [UInt8]) -> Range<Int>? {
        var matches: [Range<Int>] = []
        appendMatches(in: text, text.indices, to: &matches)
        return matches.first
    }
}
