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

    /// A part of a text that a model sees at once.
    public struct Window: Sendable, Hashable {
        /// The tokens that the model reads, by their places in the text.
        public let tokens: Range<Int>
        /// Those of them that are scored: by what stands before each of them in the window.
        public let scored: Range<Int>
    }

    /// The windows over a text of `tokenCount` tokens, for models that hold at most `limit` of them; each token but the
    /// first is scored in one of them.
    public func windows(of tokenCount: Int, limit: Int) -> [Window] {
        let length = min(window, limit, tokenCount)
        guard length >= 2 else { return [] }
        let step = min(stride, length - 1)
        var windows: [Window] = []
        var (first, scored) = (0, 1)
        while scored < tokenCount {
            let end = min(first + length, tokenCount)
            windows.append(Window(tokens: first..<end, scored: scored..<end))
            (first, scored) = (first + step, end)
        }
        return windows
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
        let windows = windows(of: tokens.count, limit: sequence.capacity)
        guard !windows.isEmpty else {
            throw TransformerError(
                .contextOverflow,
                place: "text",
                cause: "the context holds \(sequence.capacity) tokens; two are needed to score one",
                remedy: "use a model with a longer context"
            )
        }
        var sum = 0.0
        for window in windows {
            sequence.removeAll()
            let start = window.tokens.lowerBound
            var total = 0.0
            try sequence.append(Array(tokens[window.tokens])) { place, hidden in
                // Row r of this batch predicts the token after it.
                let lower = max(0, window.scored.lowerBound - 1 - start - place)
                let upper = min(hidden.rows, window.scored.upperBound - 1 - start - place)
                guard lower < upper else { return }
                let rows = hidden.extracting(rows: lower..<upper, columns: 0..<hidden.columns)
                let targets = (lower..<upper).map { tokens[start + place + $0 + 1] }
                total += try Self.negativeLogLikelihood(of: targets, rows, model.head, at: start + place + lower + 1)
            }
            sum += total
            progress(window.scored.upperBound)
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
