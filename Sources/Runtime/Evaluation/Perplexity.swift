import Foundation
import LinearAlgebra
import Transformer

/// exp of the mean negative logarithm of the probability that a model gives to each token of a text, in windows that
/// overlap: each token but the first is scored once, with at least `window - stride` tokens before it where there are any.
public struct Perplexity: Sendable {
    /// Tokens that the model sees at once.
    public var window: Int
    /// Tokens that a window adds to those of the window before.
    public var stride: Int

    /// What was measured.
    public struct Result: Sendable {
        /// The perplexity.
        public var perplexity: Double
        /// The sum of the negative logarithms, in nats.
        public var negativeLogLikelihood: Double
        /// Tokens that were scored.
        public var tokenCount: Int
    }

    /// Windows of `window` tokens, `stride` apart.
    public init(window: Int, stride: Int) {
        self.window = max(2, window)
        self.stride = min(max(1, stride), self.window - 1)
    }

    /// Scores `tokens`; `progress` hears how many are done.
    ///
    /// - Throws: `TransformerError` for fewer than two tokens and for scores that are not finite.
    public func measure(
        _ tokens: [Int],
        with model: DecoderModel,
        progress: (Int) -> Void = { _ in }
    ) throws -> Result {
        guard tokens.count >= 2 else {
            throw TransformerError(
                .emptyInput,
                place: "text",
                cause: "\(tokens.count) tokens; the first is never scored",
                remedy: "give a longer text"
            )
        }
        let sequence = try DecoderSequence(model, capacity: min(window, tokens.count))
        var scored = 1
        var sum = 0.0
        var first = 0
        while scored < tokens.count {
            let end = min(first + sequence.capacity, tokens.count)
            sequence.removeAll()
            let (start, known) = (first, scored)
            var total = 0.0
            try sequence.append(Array(tokens[first..<end])) { place, hidden in
                // Row r of this batch predicts the token after it.
                let lower = max(0, known - 1 - start - place)
                let upper = min(hidden.rows, end - 1 - start - place)
                guard lower < upper else { return }
                let rows = hidden.extracting(rows: lower..<upper, columns: 0..<hidden.columns)
                let targets = (lower..<upper).map { tokens[start + place + $0 + 1] }
                total += try Self.negativeLogLikelihood(of: targets, rows, model.head, at: start + place + lower + 1)
            }
            sum += total
            scored = end
            progress(scored)
            first += stride
        }
        let count = tokens.count - 1
        return Result(perplexity: exp(sum / Double(count)), negativeLogLikelihood: sum, tokenCount: count)
    }

    /// The sum over rows of −log softmax(scores)[target], a part of the rows at a time.
    private static func negativeLogLikelihood(
        of targets: [Int],
        _ hidden: MatrixView<Float>,
        _ head: any OutputHead,
        at place: Int
    ) throws -> Double {
        let part = max(1, min(64, (8 << 20) / max(1, head.tokenCount)))
        var sum = 0.0
        var logits = [Float](repeating: 0, count: min(part, hidden.rows) * head.tokenCount)
        for first in Swift.stride(from: 0, to: hidden.rows, by: part) {
            let rows = first..<min(first + part, hidden.rows)
            let losses: [Double] = logits.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return [] }
                let scores = MutableMatrixView(base, rows: rows.count, columns: head.tokenCount)
                head.write(logitsOf: hidden.extracting(rows: rows, columns: 0..<hidden.columns), to: scores)
                let view = scores.readOnly
                return Parallel.mapChunks(of: rows.count, size: 1) { range in
                    let row = view.base + range.lowerBound * view.rowStride
                    return loss(row, head.tokenCount, target: targets[first + range.lowerBound])
                }
            }
            if let bad = losses.firstIndex(where: { !$0.isFinite }) {
                throw TransformerError(
                    .notFinite,
                    place: "token \(place + first + bad)",
                    cause: "its score is NaN or infinite",
                    remedy: "the weights hold NaN or infinity, or overflow; see: seeconv verify --structure MODEL"
                )
            }
            sum += losses.reduce(0, +)
        }
        return sum
    }

    private static func loss(_ scores: UnsafePointer<Float>, _ count: Int, target: Int) -> Double {
        var peak = -Float.infinity
        for token in 0..<count { peak = max(peak, scores[token]) }
        var sum = 0.0
        for token in 0..<count { sum += Double(expf(scores[token] - peak)) }
        return log(sum) - Double(scores[target] - peak)
    }
}
