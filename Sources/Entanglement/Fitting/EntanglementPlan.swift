/// The form that a fit fills: how large the tables are, how many senses a token gets, how numbers are stored.
public struct EntanglementPlan: Sendable, Equatable {
    /// How products of slot vectors make a token's vector.
    public var shape: EntanglementShape
    /// The units of each slot (of a shared table, its units once).
    public var unitCounts: [Int]
    /// The independent versions of each table (MorphTE's rank).
    public var copies: Int
    /// Whether all slots read one table.
    public var isShared: Bool
    /// The senses that every token gets, besides given ones.
    public var rank: Int
    /// The bits of a sense's gain, 1…8; 0 for gains of 1, which take no bits.
    public var gainBits: Int
    /// How the tables are stored.
    public var factorType: FactorType
    /// Whether a mean vector is stored.
    public var hasMean: Bool

    /// A plan of the given form.
    public init(
        shape: EntanglementShape,
        unitCounts: [Int],
        copies: Int = 1,
        isShared: Bool = false,
        rank: Int,
        gainBits: Int = 0,
        factorType: FactorType = .float16,
        hasMean: Bool = false
    ) {
        self.shape = shape
        self.unitCounts = unitCounts
        self.copies = copies
        self.isShared = isShared
        self.rank = rank
        self.gainBits = gainBits
        self.factorType = factorType
        self.hasMean = hasMean
    }

    /// The bytes that an embedding of this form takes for `tokenCount` tokens of `rank` senses each.
    public func byteCount(tokenCount: Int) -> Int {
        let sizes =
            isShared
            ? [copies * (unitCounts.first ?? 0) * (shape.slotSizes.first ?? 0)]
            : zip(unitCounts, shape.slotSizes).map { copies * $0 * $1 }
        let tables = sizes.reduce(0) { $0 + factorType.byteCount(of: $1) }
        let counts = isShared ? Array(repeating: unitCounts.first ?? 0, count: shape.order) : unitCounts
        let senses = tokenCount * rank
        let codes = (senses * counts.reduce(0) { $0 + BitSequence.width(holding: $1) } + 7) / 8
        let gains = gainBits == 0 ? 0 : (senses * gainBits + 7) / 8 + 8
        let mean = hasMean ? EntangledEmbedding.meanType(factorType).byteCount(of: shape.dimension) : 0
        return tables + codes + gains + mean
    }
}

/// Where the codes of a fit come from.
public enum CodeSource: Sendable {
    /// Each token picks its senses by what they explain of its vector.
    case learned
    /// A hash of the token: the control that knowledge and learning must beat.
    case random
    /// Codes from elsewhere (a lexicon). Units beyond those that the codes use are free for learned senses: a plan's
    /// `rank` of them follow the given senses.
    case given(SenseCodes)
}

/// How hard a fit tries, and who watches it.
public struct FitOptions: Sendable {
    /// The seed of every random choice.
    public var seed: UInt64
    /// The rounds over all tokens (refit the tables, encode again) after the start.
    public var rounds: Int
    /// Rounds end early once the weighted error falls by less than this share.
    public var tolerance: Double
    /// The tokens that the tables are first trained on; codes for all others follow then.
    public var trainingTokens: Int
    /// How many starts the search for a sense has.
    public var candidates: Int
    /// Called after each round; returning false cancels the fit.
    public var progress: @Sendable (FitProgress) -> Bool

    /// Options; the defaults suit tables of some ten thousand tokens.
    public init(
        seed: UInt64 = 1,
        rounds: Int = 3,
        tolerance: Double = 1e-3,
        trainingTokens: Int = 8192,
        candidates: Int = 4,
        progress: @escaping @Sendable (FitProgress) -> Bool = { _ in true }
    ) {
        self.seed = seed
        self.rounds = rounds
        self.tolerance = tolerance
        self.trainingTokens = trainingTokens
        self.candidates = candidates
        self.progress = progress
    }
}

/// How far a fit is.
public struct FitProgress: Sendable {
    /// What was done last, in a few words.
    public let step: String
    /// The share of the work that is done, 0…1.
    public let fraction: Double
    /// The weighted relative error (root) over the tokens of this step.
    public let weightedRelativeError: Double
}
