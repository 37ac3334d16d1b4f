/// How a translation is searched for; names and meanings are those of the transformers library.
public struct TranslationOptions: Sendable, Hashable {
    /// When a beam search ends before `maximumLength`.
    public enum EarlyStopping: Sendable, Hashable {
        /// When as many translations as beams are finished and the best unfinished one would not be better if it ended
        /// now.
        case heuristic
        /// When as many translations as beams are finished.
        case whenFinished
        /// When none can become better, however long it grows.
        case never
    }

    /// Translations that are followed at once; 1 takes the best token always.
    public var beams = 1
    /// A finished translation's score is the sum of its logarithms divided by its length to this power.
    public var lengthPenalty: Float = 1
    /// When a beam search ends.
    public var earlyStopping = EarlyStopping.heuristic
    /// The most tokens, the one that begins a translation included.
    public var maximumLength: Int
    /// The token that begins a translation.
    public var startToken: Int
    /// Tokens that end one.
    public var endTokens: [Int]
    /// The tokens of which one comes last where a translation reaches `maximumLength`.
    public var forcedEndTokens: [Int] = []
    /// The token that comes first after the beginning.
    public var forcedFirstToken: Int?
    /// Sequences that must not come.
    public var forbidden: [[Int]] = []
    /// Whether probabilities are made to add up to 1 again after tokens were forbidden.
    public var renormalises = false

    /// Translations that begin with `startToken` and end with one of `endTokens`.
    public init(startToken: Int, endTokens: [Int], maximumLength: Int) {
        self.startToken = startToken
        self.endTokens = endTokens
        self.maximumLength = maximumLength
    }

    /// Whether `token`, coming as number `length` (the beginning is number 0), ends a translation.
    func ends(_ token: Int, length: Int) -> Bool { endTokens.contains(token) || length + 1 >= maximumLength }
}
