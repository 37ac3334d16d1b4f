/// Every tokenizer of this module: added tokens are found, the text between them is normalized, split into words, and the
/// words into subwords; decoding joins pieces.
public struct TokenizationPipeline: Tokenizer {
    /// The tokens, their kinds and roles.
    public internal(set) var vocabulary: Vocabulary

    /// Tokens that are looked for in the text as given; the second without those that are control tokens.
    var givenTokens = AddedTokenPair([])
    var normalizer: (any Normalizer)?
    /// Tokens that are looked for in the normalized text.
    var normalizedTokens = AddedTokenPair([])
    var preTokenizer: (any PreTokenizer)?
    var model: any SubwordModel
    var decoder: TokenDecoder
    /// What `EncodingOptions.readsControlTokens` means when it is nil.
    var readsControlTokens: Bool
    /// What `addsSpecialTokens` puts in front of a text.
    public internal(set) var prefix: [Int] = []
    /// What `addsSpecialTokens` puts behind a text.
    public internal(set) var suffix: [Int] = []
    /// What decoding writes for the unknown token; nil leaves it to `keepsSpecialTokens` like control tokens.
    var unknownText: [UInt8]?
    /// Tokens that decoding leaves out unless they are kept.
    var silentTokens: Set<Int> = []

    /// Finders with and without control tokens.
    struct AddedTokenPair: Sendable {
        let all: AddedTokenMatcher
        let withoutControl: AddedTokenMatcher

        init(_ tokens: [AddedToken], isControl: (Int) -> Bool = { _ in false }) {
            all = AddedTokenMatcher(tokens)
            withoutControl = AddedTokenMatcher(tokens.filter { !isControl($0.id) })
        }
    }

    init(
        _ vocabulary: Vocabulary,
        normalizer: (any Normalizer)? = nil,
        preTokenizer: (any PreTokenizer)? = nil,
        model: any SubwordModel,
        decoder: TokenDecoder,
        readsControlTokens: Bool
    ) {
        self.vocabulary = vocabulary
        self.normalizer = normalizer
        self.preTokenizer = preTokenizer
        self.model = model
        self.decoder = decoder
        self.readsControlTokens = readsControlTokens
        silentTokens = Set((0..<vocabulary.count).filter { vocabulary.kind($0) == .control })
    }

    /// What the subword model knows of its tokens' frequencies.
    public var frequencyEvidence: FrequencyEvidence { model.frequencyEvidence }

    /// The ids of `text`, given as UTF-8.
    public func encode(utf8 text: [UInt8], _ options: EncodingOptions) -> [Int] {
        var ids = options.addsSpecialTokens ? prefix : []
        let text = text.repairedUTF8()
        let readsControl = options.readsControlTokens ?? readsControlTokens
        let tokens = readsControl ? givenTokens.all : givenTokens.withoutControl
        for section in tokens.sections(of: text, in: text.indices) {
            switch section {
            case .token(let id): ids.append(id)
            case .text(let range):
                let part = range == text.indices ? text : Array(text[range])
                appendSubwords(of: part, isBeginning: range.lowerBound == 0, readsControl, to: &ids)
            }
        }
        if options.addsSpecialTokens { ids += suffix }
        return ids
    }

    private func appendSubwords(of text: [UInt8], isBeginning: Bool, _ readsControl: Bool, to ids: inout [Int]) {
        let text = normalizer?.normalize(text) ?? text
        let tokens = readsControl ? normalizedTokens.all : normalizedTokens.withoutControl
        for section in tokens.sections(of: text, in: text.indices) {
            switch section {
            case .token(let id): ids.append(id)
            case .text(let range):
                let part = range == text.indices ? text : Array(text[range])
                var split = SplitText(part, isBeginning: isBeginning && range.lowerBound == 0)
                preTokenizer?.split(&split)
                model.encode(split.bytes, words: split.words, into: &ids)
            }
        }
    }

    /// The text of `ids`, as UTF-8.
    public func decodedUTF8(_ ids: [Int], keepsSpecialTokens: Bool) -> [UInt8] {
        var pieces: [[UInt8]] = []
        pieces.reserveCapacity(ids.count)
        for id in ids where id >= 0 && id < vocabulary.count {
            if let unknownText, vocabulary.kind(id) == .unknown {
                pieces.append(unknownText)
            } else if keepsSpecialTokens || !silentTokens.contains(id) {
                pieces.append(Array(vocabulary.piece(id)))
            }
        }
        return decoder.text(of: pieces)
    }
}
