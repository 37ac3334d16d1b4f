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
    /// Hypotheses kept for each token while its senses are chosen; 1 chooses greedily.
    public var beamWidth: Int
    /// Units that each slot has besides the plan's while learned codes are trained, as a share of these. The least
    /// useful ones are then taken out: alternation alone leaves some units of a planted table without a double and
    /// others with two, and stays there.
    public var spareUnits: Double
    /// Called after each round; returning false cancels the fit.
    public var progress: @Sendable (FitProgress) -> Bool
    /// What `keep` was given last by a fit of the same table, weights, plan, codes and options: the fit goes on from
    /// there and gives the same bits as one that never stopped. Bytes that are damaged or of other sizes are ignored.
    public var resuming: [UInt8]?
    /// Called after each step with all that is needed to go on from there.
    public var keep: (@Sendable ([UInt8]) -> Void)?

    /// Options; the defaults suit tables of some ten thousand tokens.
    public init(
        seed: UInt64 = 1,
        rounds: Int = 3,
        tolerance: Double = 1e-3,
        trainingTokens: Int = 8192,
        candidates: Int = 4,
        beamWidth: Int = 1,
        spareUnits: Double = 0,
        progress: @escaping @Sendable (FitProgress) -> Bool = { _ in true }
    ) {
        self.seed = seed
        self.rounds = rounds
        self.tolerance = tolerance
        self.trainingTokens = trainingTokens
        self.candidates = candidates
        self.beamWidth = beamWidth
        self.spareUnits = spareUnits
        self.progress = progress
    }
}

extension FitOptions {
    /// The options that suit the work of fitting `plan` to `tokenCount` tokens: where it is small (a hundredth of a real
    /// model's), a beam and spare units, which find planted units again; else greedy choice in a few rounds.
    public static func suited(
        to plan: EntanglementPlan,
        tokenCount: Int,
        seed: UInt64 = 1,
        progress: @escaping @Sendable (FitProgress) -> Bool = { _ in true }
    ) -> FitOptions {
        // Every hypothesis of a beam solves all its gains anew, so the rank counts twice.
        let rank = Double(max(1, plan.rank))
        let work = Double(tokenCount) * rank * rank * Double(plan.unitCounts.reduce(0, +))
        guard work <= 1e6 else { return FitOptions(seed: seed, rounds: 2, candidates: 2, progress: progress) }
        return FitOptions(
            seed: seed,
            rounds: 24,
            tolerance: 1e-4,
            candidates: 6,
            beamWidth: 6,
            spareUnits: 1,
            progress: progress
        )
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

    /// A state of the work.
    public init(step: String, fraction: Double, weightedRelativeError: Double) {
        (self.step, self.fraction, self.weightedRelativeError) = (step, fraction, weightedRelativeError)
    }
}
