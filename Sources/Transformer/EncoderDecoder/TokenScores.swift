import Kernels

/// The scores of the tokens that may come next in one translation, with what is forbidden or forced.
struct TokenScores {
    /// A score for each token; −∞ for those that cannot come.
    let scores: UnsafeMutableBufferPointer<Float>
    /// What is subtracted from a score to make it the logarithm of a probability.
    private(set) var normaliser: Float

    /// Applies the rules of `options` to `scores` of the token after `tokens`.
    ///
    /// - Throws: kind `notFinite` where a score is NaN or infinite.
    init(
        _ scores: UnsafeMutableBufferPointer<Float>,
        after tokens: [Int],
        _ options: TranslationOptions
    ) throws(TransformerError) {
        self.scores = scores
        guard let base = scores.baseAddress else {
            normaliser = 0
            return
        }
        normaliser = see_log_sum_exp(base, scores.count)
        guard normaliser.isFinite else {
            throw TransformerError(
                .notFinite,
                place: "scores",
                cause: "NaN or infinity where finite numbers are expected",
                remedy: "the weights hold NaN or infinity, or overflow; see: seeconv verify --structure MODEL"
            )
        }
        for sequence in options.forbidden {
            guard let last = sequence.last, scores.indices.contains(last), sequence.count <= tokens.count + 1,
                tokens.suffix(sequence.count - 1).elementsEqual(sequence.dropLast()),
                !(sequence.count == 1 && options.endTokens.contains(last))
            else { continue }
            scores[last] = -.infinity
        }
        if tokens.count == 1, let first = options.forcedFirstToken {
            force([first])
        }
        if tokens.count == options.maximumLength - 1, !options.forcedEndTokens.isEmpty {
            force(options.forcedEndTokens)
        }
        if options.renormalises { normaliser = see_log_sum_exp(base, scores.count) }
    }

    /// Leaves only `tokens`, each with probability 1.
    private func force(_ tokens: [Int]) {
        scores.update(repeating: -.infinity)
        for token in tokens where scores.indices.contains(token) { scores[token] = normaliser }
    }

    /// The token with the greatest score, the first of equals; nil where none can come.
    var best: Int? {
        var best = 0
        for token in scores.indices where scores[token] > scores[best] { best = token }
        return scores.isEmpty || scores[best] == -.infinity ? nil : best
    }
}
