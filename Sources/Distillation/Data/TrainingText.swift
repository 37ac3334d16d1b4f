/// A text of the training data in tokens, special ones included.
public struct TrainingText: Sendable, Hashable {
    /// What a model reads.
    public var tokens: [Int]
    /// What a translator writes, ended by the token that ends a text; empty for other models.
    public var target: [Int]

    /// A text, with its translation where there is one.
    public init(_ tokens: [Int], target: [Int] = []) {
        (self.tokens, self.target) = (tokens, target)
    }

    /// Tokens of both.
    public var length: Int { tokens.count + target.count }
}
