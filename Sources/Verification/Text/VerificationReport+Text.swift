import Runtime
import TensorFile

/// The bounds that a comparison on a text is held to.
public struct TextGates: Sendable {
    /// The highest mean KL(reference ‖ candidate), in nats.
    public var maximumKL: Double?
    /// The least share of places where the likeliest token is the same, 0 to 1.
    public var minimumTop1: Double?
    /// The lowest mean cosine of sentences' vectors.
    public var minimumSentenceCosine: Double?

    /// The given bounds; nil where there is none.
    public init(maximumKL: Double? = nil, minimumTop1: Double? = nil, minimumSentenceCosine: Double? = nil) {
        self.maximumKL = maximumKL
        self.minimumTop1 = minimumTop1
        self.minimumSentenceCosine = minimumSentenceCosine
    }

    /// Refuses bounds on figures that models of this family do not have.
    func check(_ pair: ModelPair, _ path: String) throws(TensorFileError) {
        let misplaced: [(option: String, isAsked: Bool)] =
            pair.predictsTokens
            ? [("--min-sentence-cosine", minimumSentenceCosine != nil)]
            : [("--max-kl", maximumKL != nil), ("--min-top1", minimumTop1 != nil)]
        guard let option = misplaced.first(where: \.isAsked)?.option else { return }
        throw TensorFileError(
            .unsupported,
            file: path,
            place: option,
            cause: pair.predictsTokens ? "the model gives no sentence vectors" : "the model predicts no tokens",
            remedy: pair.predictsTokens ? "use --max-kl or --min-top1" : "use --min-sentence-cosine"
        )
    }
}

extension VerificationReport {
    /// Runs both models over `text` and adds what is found, and its gates, to the report.
    ///
    /// `progress` hears of the share that is done.
    public mutating func compare(
        _ pair: ModelPair,
        on text: VerificationText,
        gates bounds: TextGates = TextGates(),
        progress: (Double) -> Void = { _ in }
    ) throws {
        try bounds.check(pair, reference)
        if text.targetFile != nil, !pair.translates {
            throw TensorFileError(
                .unsupported,
                file: reference,
                place: "--target",
                cause: "the model is no translator",
                remedy: "leave the translation out"
            )
        }
        let found = try TextComparison(of: pair, on: text, progress: progress)
        if let distributions = found.distributions {
            if let bound = bounds.maximumKL {
                gates.append(Gate("meanKL", value: distributions.divergences.mean, .atMost, bound))
            }
            if let bound = bounds.minimumTop1 {
                gates.append(Gate("top1Agreement", value: distributions.top1Agreement, .atLeast, bound))
            }
        }
        if let sentences = found.sentences, let bound = bounds.minimumSentenceCosine {
            gates.append(Gate("sentenceCosine", value: sentences.cosines.mean, .atLeast, bound))
        }
        if case .encoders(let one, let other) = pair, (one.pooling, one.normalises) != (other.pooling, other.normalises)
        {
            func words(_ encoder: SentenceEncoder) -> String {
                "\(encoder.pooling.rawValue), \(encoder.normalises ? "scaled to length 1" : "not scaled")"
            }
            findings.append("sentences are pooled by \(words(one)) in \(reference), by \(words(other)) in \(candidate)")
        }
        self.text = found
    }
}
