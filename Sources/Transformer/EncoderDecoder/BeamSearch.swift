#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A beam search over the translations of one text, step by step as the transformers library does it.
///
/// Its state does not depend on other texts of a batch: there a text that is done only waits for the others.
struct BeamSearch {
    /// A translation and its score.
    struct Hypothesis {
        /// The sum of logarithms; of finished ones divided by the length to the power of the penalty.
        var score: Float
        /// Tokens from the beginning on.
        var tokens: [Int]
    }

    private let options: TranslationOptions
    /// Unfinished translations, best first.
    private(set) var running: [Hypothesis]
    /// Finished ones, best first; at most as many as beams.
    private(set) var finished: [Hypothesis] = []
    private var canImprove = true
    /// Whether the search is over.
    private(set) var isDone = false

    /// A search at its beginning.
    init(_ options: TranslationOptions) {
        self.options = options
        running = [Hypothesis(score: 0, tokens: [options.startToken])]
    }

    /// The best translation.
    var best: [Int] { (finished.first ?? running.first)?.tokens ?? [] }

    /// Makes one step with the scores of the tokens after each of `running`; they are changed.
    ///
    /// - Returns: for each of the new `running`, the place of its beginning among the old ones.
    /// - Throws: kind `notFinite` where scores are NaN or infinite, or no token can come next.
    mutating func advance(
        _ scores: (_ beam: Int) -> UnsafeMutableBufferPointer<Float>
    ) throws(TransformerError) -> [Int] {
        let beams = options.beams
        // Twice as many as beams, so that enough unfinished ones remain even if all beams end.
        var candidates = CandidateList(capacity: max(2, 1 + options.endTokens.count) * beams)
        for (beam, hypothesis) in running.enumerated() {
            let row = try TokenScores(scores(beam), after: hypothesis.tokens, options)
            candidates.insert(row, beam: beam, score: hypothesis.score)
        }
        guard !candidates.entries.isEmpty else {
            throw TransformerError(
                .notFinite,
                place: "scores",
                cause: "no token can come next",
                remedy: "forbid fewer tokens, or check the checkpoint: seeconv verify --structure MODEL"
            )
        }
        let length = running[0].tokens.count
        let old = running
        func extended(_ candidate: CandidateList.Entry) -> [Int] { old[candidate.beam].tokens + [candidate.token] }

        // Only the first `beams` candidates may finish.
        let isClosed = options.earlyStopping == .whenFinished && finished.count == beams
        let penalty = power(length, options.lengthPenalty)
        for candidate in candidates.entries.prefix(beams)
        where options.ends(candidate.token, length: length) && !isClosed && canImprove {
            finish(Hypothesis(score: candidate.score / penalty, tokens: extended(candidate)))
        }
        let unfinished = candidates.entries.filter { !options.ends($0.token, length: length) }.prefix(beams)
        running = unfinished.map { Hypothesis(score: $0.score, tokens: extended($0)) }

        if let best = running.first, finished.count == beams, let worst = finished.last {
            let isLong = options.earlyStopping == .never && options.lengthPenalty > 0
            let possible = best.score / power(isLong ? options.maximumLength - 1 : length, options.lengthPenalty)
            canImprove = canImprove && possible > worst.score
        }
        isDone =
            running.isEmpty || !canImprove
            || (options.earlyStopping == .whenFinished && finished.count == beams)
        return unfinished.map(\.beam)
    }

    /// Keeps the best; of equals those that came first.
    private mutating func finish(_ hypothesis: Hypothesis) {
        let place = finished.firstIndex { $0.score < hypothesis.score } ?? finished.count
        finished.insert(hypothesis, at: place)
        if finished.count > options.beams { finished.removeLast() }
    }

    private func power(_ length: Int, _ exponent: Float) -> Float {
        exponent == 1 ? Float(length) : exponent == 0 ? 1 : pow(Float(length), exponent)
    }
}
