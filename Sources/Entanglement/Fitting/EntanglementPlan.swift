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
    /// The learned senses of all tokens together, where they are dealt to tokens by what they are worth there; nil where every
    /// token gets `rank`, which is then the mean.
    public var dealtSenses: Int?
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
        dealtSenses: Int? = nil,
        gainBits: Int = 0,
        factorType: FactorType = .float16,
        hasMean: Bool = false
    ) {
        self.shape = shape
        self.unitCounts = unitCounts
        self.copies = copies
        self.isShared = isShared
        self.rank = rank
        self.dealtSenses = dealtSenses
        self.gainBits = gainBits
        self.factorType = factorType
        self.hasMean = hasMean
    }

    /// The most learned senses of a token: where they are dealt, at least four times the mean, and as many as the field of a rank
    /// holds beside a given one.
    public var maximumRank: Int {
        dealtSenses == nil
            ? rank : min(SenseCodes.maximumRank, (1 << BitSequence.width(holding: 4 * max(1, rank) + 2)) - 2)
    }

    /// The bits of a sense: a unit of each slot, and a gain.
    public var bitsPerSense: Int {
        let counts = isShared ? Array(repeating: unitCounts.first ?? 0, count: shape.order) : unitCounts
        return counts.reduce(0) { $0 + BitSequence.width(holding: $1) } + gainBits
    }

    /// The bytes that an embedding of this form takes at most for `tokenCount` tokens.
    public func byteCount(tokenCount: Int) -> Int {
        let sizes =
            isShared
            ? [copies * (unitCounts.first ?? 0) * (shape.slotSizes.first ?? 0)]
            : zip(unitCounts, shape.slotSizes).map { copies * $0 * $1 }
        let tables = sizes.reduce(0) { $0 + factorType.byteCount(of: $1) }
        let senses = dealtSenses ?? tokenCount * rank
        let codes = (senses * (bitsPerSense - gainBits) + 7) / 8
        let ranks = dealtSenses == nil ? 0 : (tokenCount * BitSequence.width(holding: maximumRank + 2) + 7) / 8
        let gains = gainBits == 0 ? 0 : (senses * gainBits + 7) / 8 + 8
        let mean = hasMean ? EntangledEmbedding.meanType(factorType).byteCount(of: shape.dimension) : 0
        return tables + codes + ranks + gains + mean
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
