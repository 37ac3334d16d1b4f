/// What the losses of a training weigh, and their settings. A weight of 0 leaves a loss out, and its cost.
public struct LossWeights: Sendable, Hashable {
    /// Of the mean squared difference between the vocabulary tables and the teacher's.
    public var embedding: Float = 0
    /// Of the mean squared difference between hidden states and the teacher's, averaged over `hiddenStates`.
    public var hidden: Float = 0
    /// Which hidden states, by their numbers in `ModelOutputs.hidden`; nil for all.
    public var hiddenStates: Set<Int>?
    /// Of τ² · KL(teacher ‖ student) of the scores (Hinton, Vinyals, Dean 2015), a mean over positions.
    public var soft: Float = 0
    /// τ, above 0.
    public var temperature: Float = 1
    /// Of the cross-entropy with the labels, a mean over labels.
    public var hard: Float = 0
    /// The share of a label's probability that is spread evenly over all tokens (Szegedy et al. 2016), 0 ..< 1.
    public var smoothing: Float = 0
    /// Of 1 − cos of a text's vector and the teacher's, a mean over texts.
    public var cosine: Float = 0
    /// Of the mean squared difference between texts' vectors and the teacher's.
    public var pooled: Float = 0

    /// All weights are 0.
    public init() {}

    /// Stage 1 of `method`: the tables and the hidden states of the student are brought to the teacher's.
    public static var alignment: LossWeights {
        var weights = LossWeights()
        (weights.embedding, weights.hidden) = (1, 1)
        return weights
    }

    /// Whether anything is compared with hidden states.
    func compares(hiddenState index: Int) -> Bool { hidden != 0 && hiddenStates?.contains(index) ?? true }
}

/// How many things the means of the losses are taken over. A step whose batches are taken one after the other takes its
/// means over all of them: add up their counts and give the sum to each.
public struct LossCounts: Sendable, Hashable {
    /// Texts.
    public var texts = 0
    /// Tokens of the writing half, or of the only one.
    public var positions = 0
    /// Tokens of a translator's reading half.
    public var sourcePositions = 0
    /// Positions that have a label.
    public var labels = 0

    /// Nothing.
    public init() {}

    /// The counts of both together.
    public static func + (a: LossCounts, b: LossCounts) -> LossCounts {
        var sum = a
        sum.texts += b.texts
        sum.positions += b.positions
        sum.sourcePositions += b.sourcePositions
        sum.labels += b.labels
        return sum
    }
}

/// The losses of a batch, none of them weighed: its part of the means over the whole step.
public struct LossValues: Sendable, Hashable {
    /// See `LossWeights`.
    public var embedding = 0.0
    /// See `LossWeights`.
    public var hidden = 0.0
    /// See `LossWeights`.
    public var soft = 0.0
    /// See `LossWeights`.
    public var hard = 0.0
    /// See `LossWeights`.
    public var cosine = 0.0
    /// See `LossWeights`.
    public var pooled = 0.0

    /// All are 0.
    public init() {}

    /// The weighed sum: what is minimised.
    public func total(_ weights: LossWeights) -> Double {
        let terms: [(Double, Float)] = [
            (embedding, weights.embedding), (hidden, weights.hidden), (soft, weights.soft), (hard, weights.hard),
            (cosine, weights.cosine), (pooled, weights.pooled),
        ]
        return terms.reduce(0) { $0 + ($1.1 == 0 ? 0 : $1.0 * Double($1.1)) }
    }

    /// The losses of both together.
    public static func + (a: LossValues, b: LossValues) -> LossValues {
        var sum = a
        sum.embedding += b.embedding
        sum.hidden += b.hidden
        sum.soft += b.soft
        sum.hard += b.hard
        sum.cosine += b.cosine
        sum.pooled += b.pooled
        return sum
    }

    /// Refuses a sum that is no number: the training has left the rails.
    func checked(_ weights: LossWeights) throws(TransformerError) -> LossValues {
        guard total(weights).isFinite else {
            throw TransformerError(
                .notFinite,
                place: "loss",
                cause: "it is \(total(weights))",
                remedy: "lower the learning rate, or clip gradients to a smaller norm"
            )
        }
        return self
    }
}
