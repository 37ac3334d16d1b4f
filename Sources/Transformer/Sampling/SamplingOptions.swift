/// How the next token is drawn from its scores.
public struct SamplingOptions: Sendable, Hashable {
    /// Scores are divided by it; 0 takes the best token always.
    public var temperature: Float = 0
    /// Only so many of the best tokens stay; nil for all.
    public var topK: Int?
    /// Of the best tokens stay so many as together reach this probability; nil or 1 for all.
    public var topP: Float?
    /// Tokens stay whose probability is at least this share of the best one's; nil or 0 for all.
    public var minP: Float?
    /// Positive scores of tokens that are already in the text are divided by it, negative ones multiplied (Keskar et al.
    /// 2019); 1 changes nothing.
    public var repetitionPenalty: Float = 1
    /// Where the random draws begin.
    public var seed: UInt64 = 0

    /// The best token always.
    public init() {}
}
