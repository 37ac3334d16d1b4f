/// Turns text into a model's token ids and back.
///
/// Values are immutable and may be used from several threads at once. Text that is not UTF-8 is repaired first: every
/// ill-formed sequence becomes U+FFFD, as in the reference tokenizers' own bindings. No text makes encoding fail.
public protocol Tokenizer: Sendable {
    /// The tokens, their kinds and roles.
    var vocabulary: Vocabulary { get }

    /// What is known of the tokens' frequencies.
    var frequencyEvidence: FrequencyEvidence { get }

    /// The ids of `text`, given as UTF-8.
    func encode(utf8 text: [UInt8], _ options: EncodingOptions) -> [Int]

    /// The text of `ids`, as UTF-8. Ids outside the vocabulary are left out, as are tokens without text of their own
    /// (control, and unknown where the reference leaves it out) unless `keepsSpecialTokens`.
    func decodedUTF8(_ ids: [Int], keepsSpecialTokens: Bool) -> [UInt8]
}

extension Tokenizer {
    /// The ids of `text`.
    public func encode(_ text: String, _ options: EncodingOptions = EncodingOptions()) -> [Int] {
        encode(utf8: Array(text.utf8), options)
    }

    /// The text of `ids`; see `decodedUTF8(_:keepsSpecialTokens:)`.
    public func decode(_ ids: [Int], keepsSpecialTokens: Bool = false) -> String {
        String(decoding: decodedUTF8(ids, keepsSpecialTokens: keepsSpecialTokens), as: UTF8.self)
    }
}

/// How a text is encoded.
public struct EncodingOptions: Hashable, Sendable {
    /// Adds the tokens that the model expects around a text: begin, end, `[CLS]`, `[SEP]`.
    public var addsSpecialTokens: Bool
    /// Whether text that spells a control token (`</s>`) becomes that token. nil does as the reference of the
    /// vocabulary's source: Hugging Face's tokenizers always, SentencePiece and llama.cpp's plain encoding never.
    /// Do not switch it on for text from strangers.
    public var readsControlTokens: Bool?

    /// Plain text, without special tokens.
    public init(addsSpecialTokens: Bool = false, readsControlTokens: Bool? = nil) {
        self.addsSpecialTokens = addsSpecialTokens
        self.readsControlTokens = readsControlTokens
    }
}
