/// What a GGUF file says about its tokenizer (keys `tokenizer.ggml.*`), as this module needs it: whoever reads the file
/// fills it in.
public struct GGUFVocabulary: Sendable {
    /// `tokenizer.ggml.model`: `llama`, `gpt2`, `bert`, `t5`.
    public var model: String
    /// `tokenizer.ggml.pre`: the pre-tokenizer of byte-level BPE.
    public var preTokenizer: String?
    /// `general.name`, by which llama.cpp knows Phi-3's habit of dropping white space after special tokens.
    public var modelName = ""
    /// `tokenizer.ggml.tokens`.
    public var tokens: [[UInt8]]
    /// `tokenizer.ggml.scores`; empty where the key is missing.
    public var scores: [Float] = []
    /// `tokenizer.ggml.token_type`; empty where the key is missing.
    public var tokenTypes: [Int] = []
    /// `tokenizer.ggml.merges`.
    public var merges: [[UInt8]] = []
    /// `tokenizer.ggml.*_token_id`; a value of 2^32 - 1 counts as none.
    public var specialTokens = SpecialTokens()
    /// `tokenizer.ggml.add_bos_token`.
    public var addsBeginning: Bool?
    /// `tokenizer.ggml.add_eos_token`.
    public var addsEnd: Bool?
    /// `tokenizer.ggml.add_space_prefix`.
    public var addsSpacePrefix: Bool?
    /// `tokenizer.ggml.remove_extra_whitespaces`.
    public var removesExtraWhitespace: Bool?
    /// `tokenizer.ggml.precompiled_charsmap`.
    public var characterMap: [UInt8] = []

    /// A vocabulary of `tokens` for the tokenizer `model`.
    public init(model: String, tokens: [[UInt8]]) {
        self.model = model
        self.tokens = tokens
    }
}

extension GGUFVocabulary {
    /// Texts of tokens that end a turn: llama.cpp takes them for control tokens whatever their type says.
    private static let endings: Set<[UInt8]> = Set(
        [
            "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
            "<|endoftext|>", "<|end_of_text|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<eos>",
            "<|EOT|>", "<|END_OF_TURN_TOKEN|>", "<end_of_utterance>",
        ].map { Array($0.utf8) }
    )

    /// The checked vocabulary.
    /// - Parameter read: what the stored bytes of a normal token stand for.
    func vocabulary(
        defaults: (inout SpecialTokens) -> Void,
        wordMark: Vocabulary.WordMark,
        reading read: ([UInt8]) -> [UInt8] = { $0 }
    ) throws(TokenizerError) -> Vocabulary {
        for (key, count) in [("scores", scores.count), ("token_type", tokenTypes.count)]
        where count > 0 && count < tokens.count {
            throw .malformed("tokenizer.ggml.\(key)", "\(count) entries for \(tokens.count) tokens")
        }
        if let place = scores.firstIndex(where: { !$0.isFinite }) {
            throw .malformed("tokenizer.ggml.scores[\(place)]", "\(scores[place]) is not a finite number")
        }
        var builder = VocabularyBuilder()
        builder.specialTokens = try checkedSpecialTokens(defaults)
        var seen = PieceTable()
        for (id, token) in tokens.enumerated() {
            if let earlier = seen.append(token, isFindable: !token.isEmpty) {
                throw .malformed("tokenizer.ggml.tokens[\(id)]", "the same text as token \(earlier)")
            }
            let kind = try kind(of: id, builder.specialTokens)
            if kind == .byte, TokenKind.byteValue(of: token[...]) == nil {
                let text = String(decoding: token, as: UTF8.self)
                throw .malformed("tokenizer.ggml.tokens[\(id)]", "a byte token is written <0xHH>, not \"\(text)\"")
            }
            try builder.add(
                kind == .normal ? read(token) : token,
                kind: kind,
                id: id,
                place: "tokenizer.ggml.tokens[\(id)]"
            )
        }
        return try builder.vocabulary(wordMark: wordMark, place: "tokenizer.ggml.tokens")
    }

    private func checkedSpecialTokens(_ defaults: (inout SpecialTokens) -> Void) throws(TokenizerError) -> SpecialTokens
    {
        for (name, id) in specialTokens.named where id != Int(UInt32.max) && (id < 0 || id >= tokens.count) {
            throw .malformed("the \(name) token", "id \(id) is outside the vocabulary of \(tokens.count)")
        }
        var fallback = SpecialTokens()
        defaults(&fallback)
        return specialTokens.within(tokens.count).filled(from: fallback.within(tokens.count))
    }

    private func kind(of id: Int, _ special: SpecialTokens) throws(TokenizerError) -> TokenKind {
        guard id < tokenTypes.count else {
            return TokenKind.byteValue(of: tokens[id][...]) != nil && model == "llama" ? .byte : .normal
        }
        if tokens[id].isEmpty { return .unused }
        let type = tokenTypes[id]
        guard type != 0 else { return .normal }
        guard let kind = UInt8(exactly: type).flatMap(TokenKind.init) else {
            throw .malformed("tokenizer.ggml.token_type[\(id)]", "the type \(type) is outside 1...6")
        }
        let ends = id == special.end || GGUFVocabulary.endings.contains(tokens[id])
        return kind == .userDefined && ends ? .control : kind
    }
}
