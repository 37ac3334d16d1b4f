/// Texts of unequal lengths laid end to end, without padding: products of weights run over all tokens at once, attention
/// over one text at a time.
public struct RaggedBatch: Sendable {
    /// The tokens of all texts.
    public let tokens: [Int]
    /// The place of each token in its text.
    public let positions: [Int]
    /// The kind of text that each token belongs to (BERT's token types).
    public let types: [Int]
    /// Where each text begins among the tokens, and, last, where the last one ends.
    public let starts: [Int]
    /// The number of the first text among all texts of the caller, for messages.
    public let firstNumber: Int

    /// The texts with the places of their tokens (default: 0, 1, 2 …) and their kinds (default: all 0).
    ///
    /// - Precondition: a text has as many places and kinds as tokens.
    public init(_ texts: [[Int]], positions: [[Int]]? = nil, types: [[Int]]? = nil, firstNumber: Int = 0) {
        self.firstNumber = firstNumber
        let lengths = texts.map(\.count)
        precondition(positions.map { $0.map(\.count) == lengths } ?? true, "places do not fit the tokens")
        precondition(types.map { $0.map(\.count) == lengths } ?? true, "kinds do not fit the tokens")
        tokens = Array(texts.joined())
        self.types = types.map { Array($0.joined()) } ?? Array(repeating: 0, count: tokens.count)
        self.positions = Array((positions ?? texts.map { Array($0.indices) }).joined())
        starts = texts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    }

    /// The number of texts.
    public var count: Int { starts.count - 1 }

    /// Where text `index` lies among the tokens.
    public func range(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

    /// Refuses texts without tokens, tokens beyond the table, places beyond the context and kinds beyond `typeCount`.
    public func check(tokenCount: Int, contextLength: Int, typeCount: Int = 1) throws(TransformerError) {
        for text in 0..<count {
            let range = range(text)
            func place(_ detail: String = "") -> String { "text \(firstNumber + text)" + detail }
            guard !range.isEmpty else {
                throw TransformerError(
                    .emptyInput,
                    place: place(),
                    cause: "there are no tokens",
                    remedy: "give at least one token"
                )
            }
            for index in range {
                let token = tokens[index]
                guard token >= 0, token < tokenCount else {
                    throw TransformerError(
                        .tokenOutOfRange,
                        place: place(", token \(index - range.lowerBound)"),
                        cause: "id \(token) is outside the table of \(tokenCount) tokens",
                        remedy: "use the model's own tokenizer"
                    )
                }
                guard positions[index] >= 0, positions[index] < contextLength else {
                    throw TransformerError(
                        .contextOverflow,
                        place: place(),
                        cause: "\(positions[index] + 1) tokens or more, the context holds \(contextLength)",
                        remedy: "shorten the text"
                    )
                }
                guard types[index] >= 0, types[index] < typeCount else {
                    throw TransformerError(
                        .tokenOutOfRange,
                        place: place(", token \(index - range.lowerBound)"),
                        cause: "kind \(types[index]) of text, the model has \(typeCount)",
                        remedy: "give kinds below \(typeCount)"
                    )
                }
            }
        }
    }
}
