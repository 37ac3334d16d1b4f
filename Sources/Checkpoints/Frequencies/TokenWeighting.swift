/// How much each token's squared error counts where a table is fitted or coded: a power of how frequent the token is.
public struct TokenWeighting: Hashable, Sendable {
    /// Where frequencies come from.
    public var frequencies: FrequencySource
    /// The power of the frequencies, 0 (all tokens alike) to 1 (the error of a token met in a text).
    ///
    /// Of a table that stays as it is coded, about a half leaves most of a model's behaviour. A model that is trained on
    /// learns to live with errors, but not to tell apart two tokens whose rows are the same: then a quarter is better.
    public var power: Double

    /// The weighting by `frequencies` to the given power.
    public init(_ frequencies: FrequencySource, power: Double = TokenFrequencies.fittingExponent) {
        (self.frequencies, self.power) = (frequencies, power)
    }

    /// All tokens alike.
    public static let uniform = TokenWeighting(.uniform)
    /// By what the tokenizer's training left behind.
    public static let tokenizer = TokenWeighting(.tokenizer)
}
