import JSONText

/// How alike two models compute on a text.
public struct TextComparison: Sendable {
    /// What the models do.
    public enum Family: String, Sendable {
        /// They continue texts.
        case decoder
        /// They turn sentences into vectors.
        case encoder
        /// They translate.
        case translator
    }

    /// What the models do.
    public let family: Family
    /// The text's path.
    public let file: String
    /// The path of its translation; nil where the reference's own is taken, and for other models.
    public let targetFile: String?
    /// Places whose hidden states were compared, one of a token each.
    public let tokens: Int
    /// √(Σ|x − y|² / Σ|x|²) of the hidden states of all tokens: before the first layer, and after each layer. Of a
    /// translator, those of the writing half.
    public let hiddenStateErrors: [Double]
    /// The same of a translator's reading half; empty for other models.
    public let sourceHiddenStateErrors: [Double]
    /// The next token's probabilities; nil for encoders.
    public let distributions: DistributionComparison?
    /// The sentences' vectors; nil for other models.
    public let sentences: SentenceComparison?

    /// A comparison on `text` with the given figures.
    init(
        _ family: Family,
        on text: VerificationText,
        tokens: Int,
        hiddenStateErrors: [Double],
        sourceHiddenStateErrors: [Double] = [],
        distributions: DistributionComparison? = nil,
        sentences: SentenceComparison? = nil
    ) {
        self.family = family
        file = text.file
        targetFile = text.targetFile
        self.tokens = tokens
        self.hiddenStateErrors = hiddenStateErrors
        self.sourceHiddenStateErrors = sourceHiddenStateErrors
        self.distributions = distributions
        self.sentences = sentences
    }

    /// Runs both models of `pair` over `text`, a part of it at a time; `progress` hears of the share that is done.
    ///
    /// Results do not depend on the number of threads.
    /// - Throws: `TensorFileError` and `TransformerError` for tokenizers that differ on the text, for texts without a token
    ///   to predict or with lines above the context, and for results that are not finite.
    public init(of pair: ModelPair, on text: VerificationText, progress: (Double) -> Void = { _ in }) throws {
        switch pair {
        case .decoders(let reference, let candidate):
            self = try Self.decoders(reference, candidate, text, progress)
        case .encoders(let reference, let candidate):
            self = try Self.encoders(reference, candidate, text, progress)
        case .translators(let reference, let candidate):
            self = try Self.translators(reference, candidate, text, progress)
        }
    }

    /// The figures under the names of `verify --json`, each where the family has it.
    var json: JSONValue {
        func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
        var members: [(String, JSONValue)] = [("family", .string(family.rawValue)), ("file", .string(file))]
        if let targetFile { members.append(("target", .string(targetFile))) }
        members += [("tokens", .integer(tokens)), ("hiddenStateErrors", numbers(hiddenStateErrors))]
        if family == .translator { members.append(("sourceHiddenStateErrors", numbers(sourceHiddenStateErrors))) }
        if let distributions {
            members += [
                ("meanKL", .number(distributions.divergences.mean)),
                ("p99KL", .number(distributions.divergences.percentile(99))),
                ("maximumKL", .number(distributions.divergences.maximum)),
                ("top1Agreement", .number(distributions.top1Agreement)),
                ("referencePerplexity", .number(distributions.referencePerplexity)),
                ("candidatePerplexity", .number(distributions.candidatePerplexity)),
            ]
        }
        if let sentences {
            members += [
                ("sentences", .integer(sentences.cosines.values.count)),
                ("meanCosine", .number(sentences.cosines.mean)),
                ("p01Cosine", .number(sentences.cosines.percentile(1))),
                ("minCosine", .number(sentences.cosines.minimum)),
                ("worstLine", sentences.worstLine.map { .integer($0) } ?? .null),
            ]
        }
        return .object(members.map { JSONValue.Member(key: $0.0, value: $0.1) })
    }
}
