import JSONText

/// A `tokenizer.json` of Hugging Face's tokenizers, read but not yet built.
struct TokenizerJSON {
    private(set) var addedTokens: JSONValue = .null
    private(set) var normalizer: JSONValue = .null
    private(set) var preTokenizer: JSONValue = .null
    private(set) var postProcessor: JSONValue = .null
    private(set) var decoder: JSONValue = .null
    /// The members of `model` but for its long lists.
    private(set) var model: JSONValue = .null
    /// `model.vocab`: the pieces with their ids, and their scores in a unigram model.
    private(set) var pieces: [Piece] = []
    /// Whether `model.vocab` is a list of pieces and scores.
    private(set) var hasScores = false
    /// `model.merges`, in order.
    private(set) var merges: [MergePair]?

    /// One entry of the vocabulary.
    struct Piece {
        var text: [UInt8]
        var id: Int
        var score = 0.0
    }

    init(_ bytes: [UInt8]) throws(TokenizerError) {
        do {
            var reader = JSONReader(bytes.span)
            try reader.readObject { (key, reader) throws in
                switch key {
                case "added_tokens": addedTokens = try reader.readValue()
                case "normalizer": normalizer = try reader.readValue()
                case "pre_tokenizer": preTokenizer = try reader.readValue()
                case "post_processor": postProcessor = try reader.readValue()
                case "decoder": decoder = try reader.readValue()
                case "model": try readModel(&reader)
                default: try reader.skip()
                }
            }
            try reader.finish()
        } catch {
            throw TokenizerJSON.tokenizerError(error)
        }
        guard model != .null else { throw .malformed("model", "the key is missing") }
    }

    private mutating func readModel(_ reader: inout JSONReader) throws {
        var members: [JSONValue.Member] = []
        try reader.readObject { (key, reader) throws in
            switch key {
            case "vocab": try readVocabulary(&reader)
            case "merges": try readMerges(&reader)
            default: members.append(JSONValue.Member(key: key, value: try reader.readValue()))
            }
        }
        model = .object(members)
    }

    private mutating func readVocabulary(_ reader: inout JSONReader) throws {
        if try reader.peek() == .object {
            pieces = try TokenizerJSON.readPieces(&reader)
            return
        }
        hasScores = true
        try reader.readArray { (index, reader) throws in
            var piece = Piece(text: [], id: index)
            try reader.readArray { (place, reader) throws(JSONError) in
                switch place {
                case 0: piece.text = Array(try reader.readString().utf8)
                case 1: piece.score = try reader.readDouble()
                default: try reader.skip()
                }
            }
            guard piece.score.isFinite else {
                throw TokenizerError.malformed("model.vocab[\(index)]", "the score is not finite")
            }
            pieces.append(piece)
        }
    }

    /// An object of pieces with their ids, as `vocab.json` is one.
    static func readPieces(_ reader: inout JSONReader) throws -> [Piece] {
        var pieces: [Piece] = []
        try reader.readObject { (key, reader) throws(JSONError) in
            pieces.append(Piece(text: Array(key.utf8), id: try reader.readInt()))
        }
        return pieces
    }

    private mutating func readMerges(_ reader: inout JSONReader) throws {
        var pairs: [MergePair] = []
        try reader.readArray { (rank, reader) throws in
            if try reader.peek() == .string {
                pairs.append(try MergePair(line: try reader.readString().utf8, place: "model.merges[\(rank)]"))
                return
            }
            var parts: [[UInt8]] = []
            try reader.readArray { (_, reader) throws(JSONError) in parts.append(Array(try reader.readString().utf8)) }
            guard parts.count == 2 else {
                throw TokenizerError.malformed("model.merges[\(rank)]", "\(parts.count) pieces, 2 expected")
            }
            pairs.append(MergePair(parts[0], parts[1]))
        }
        merges = pairs
    }

    /// Any error of reading as this module's error.
    static func tokenizerError(_ error: any Error) -> TokenizerError {
        switch error {
        case let error as TokenizerError: error
        case let error as JSONError: .malformed("byte \(error.offset)", error.cause)
        default: .malformed("JSON", "\(error)")
        }
    }
}

extension JSONValue {
    /// The member `type`, by which tokenizer.json tells its parts apart.
    var type: String { self["type"]?.string ?? "" }

    /// The bytes of the text member `key`.
    func utf8(_ key: String) -> [UInt8]? { self[key]?.string.map { Array($0.utf8) } }

    /// The elements of the member `key`, an array; an error names `place`.
    func list(_ key: String, _ place: String) throws(TokenizerError) -> [JSONValue] {
        guard let elements = self[key]?.elements else { throw .malformed("\(place).\(key)", "an array expected") }
        return elements
    }
}
