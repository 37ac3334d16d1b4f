import TensorFile

/// The tokenizer keys of a file, checked against each other. The strings stay encoded until they are walked.
public struct GGUFTokenizerSection: Sendable {
    /// The kind of tokenizer: "llama" (SentencePiece), "gpt2" (byte-level BPE), "bert", "t5".
    public let model: String
    /// Which splitting into words a byte-level BPE begins with.
    public let pre: String?
    /// The tokens by id; byte strings, some of which are not UTF-8.
    public let tokens: GGUFStrings
    /// A score for each token; nil where the file has none.
    public let scores: [Float]?
    /// The number of the type of each token (`GGUFTokenType`); nil where the file has none.
    public let types: [Int]?
    /// Pairs that are merged, with a space between; nil where the file has none.
    public let merges: GGUFStrings?
    /// Ids of special tokens by their keys, only those inside the vocabulary.
    public let specialTokens: [GGUFKey: Int]
    /// Oddities that readers live with.
    public let findings: [StructureFinding]

    /// Keys of ids of special tokens.
    public static let specialTokenKeys: [GGUFKey] = [
        .bosTokenID, .eosTokenID, .eotTokenID, .eomTokenID, .unknownTokenID, .separatorTokenID, .seperatorTokenID,
        .paddingTokenID, .classTokenID, .maskTokenID,
    ]

    /// Reads the section; nil where the file has no tokenizer (no model, or "none").
    public init?(_ metadata: GGUFMetadata) throws(TensorFileError) {
        guard metadata[.tokenizerModel] != nil else { return nil }
        let model = try metadata.requiredText(GGUFKey.tokenizerModel.name)
        guard model != "none", model != "no_vocab" else { return nil }
        guard let tokens = try Self.strings(.tokens, metadata) else {
            throw Self.error(.missing, .tokens, "the tokenizer \"\(model)\" has no tokens")
        }
        self.model = model
        pre = metadata[.tokenizerPre]?.text
        self.tokens = tokens
        merges = try Self.strings(.merges, metadata)
        scores = try Self.numbers(.scores, metadata, count: tokens.count) { $0.floats }
        types = try Self.numbers(.tokenTypes, metadata, count: tokens.count) { $0.integers }
        if let index = scores?.firstIndex(where: { !$0.isFinite }) {
            throw Self.error(.value, .scores, "the score of token \(index) is not finite")
        }
        if let index = types?.firstIndex(where: { GGUFTokenType(rawValue: $0) == nil && $0 != 0 }) {
            throw Self.error(.value, .tokenTypes, "the type of token \(index) is outside 1 to 6")
        }
        try Self.checkByteTokens(tokens, types)
        var special: [GGUFKey: Int] = [:]
        var findings: [StructureFinding] = []
        for key in Self.specialTokenKeys {
            guard let value = metadata[key] else { continue }
            guard let id = value.integer else { throw Self.error(.mismatch, key, "\(value.type.name) is no integer") }
            if (0..<tokens.count).contains(id) {
                special[key] = id
            } else if id != -1, id != Int(UInt32.max) {
                let text = "id \(id) is outside the vocabulary of \(tokens.count) tokens and ignored"
                findings.append(StructureFinding(.warning, place: "key \(key.name)", text))
            }
        }
        specialTokens = special
        self.findings = findings
    }

    /// The id of the separator, under either spelling of its key.
    public var separatorTokenID: Int? { specialTokens[.seperatorTokenID] ?? specialTokens[.separatorTokenID] }

    private static func strings(_ key: GGUFKey, _ metadata: GGUFMetadata) throws(TensorFileError) -> GGUFStrings? {
        guard let value = metadata[key] else { return nil }
        if let strings = value.strings { return strings }
        // Writers give an empty array any element type.
        guard value.array?.count == 0 else { throw error(.mismatch, key, "the value is no array of strings") }
        return GGUFArray([GGUFString]()).strings
    }

    private static func numbers<Number>(
        _ key: GGUFKey,
        _ metadata: GGUFMetadata,
        count: Int,
        _ decode: (GGUFArray) -> [Number]?
    ) throws(TensorFileError) -> [Number]? {
        guard let value = metadata[key] else { return nil }
        guard let array = value.array, let numbers = decode(array) else {
            throw error(.mismatch, key, "the value is no array of the right numbers")
        }
        guard numbers.count >= count else {
            throw error(.mismatch, key, "\(numbers.count) entries for \(count) tokens")
        }
        return Array(numbers.prefix(count))
    }

    /// Tokens that stand for a byte are written `<0x0A>`: whatever else they say, no byte can be read from them.
    private static func checkByteTokens(_ tokens: GGUFStrings, _ types: [Int]?) throws(TensorFileError) {
        guard let types, types.contains(GGUFTokenType.byte.rawValue) else { return }
        for (id, (token, type)) in zip(tokens, types).enumerated() where type == GGUFTokenType.byte.rawValue {
            let bytes = token.bytes
            let isByte =
                bytes.count == 6 && bytes.starts(with: "<0x".utf8) && bytes.last == UInt8(ascii: ">")
                && bytes.dropFirst(3).dropLast().allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
            guard isByte else { throw error(.value, .tokens, "the byte token \(id) is \"\(token)\", not <0xHH>") }
        }
    }

    private static func error(_ kind: TensorFileError.Kind, _ key: GGUFKey, _ cause: String) -> TensorFileError {
        TensorFileError(
            kind,
            place: "key \(key.name)",
            cause: cause,
            remedy: "convert the tokenizer of the original model again"
        )
    }
}
