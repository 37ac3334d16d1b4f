import LinearAlgebra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Draws tokens from scores, in the order of Hugging Face's processors: repetition penalty, temperature, top-k, top-p,
/// min-p. The same options, seed and scores give the same tokens.
public struct Sampler: Sendable {
    /// How tokens are drawn.
    public let options: SamplingOptions
    private var random: SplitMix64

    /// A sampler at the start of its random draws.
    public init(_ options: SamplingOptions) {
        self.options = options
        random = SplitMix64(seed: options.seed)
    }

    /// The next token after `history`, whose scores are `logits`.
    ///
    /// - Throws: kind `notFinite` where a score is NaN or infinite. A score of −∞ means that a token cannot come.
    public mutating func next(_ logits: [Float], after history: [Int]) throws(TransformerError) -> Int {
        var logits = logits
        try Self.check(logits)
        if options.repetitionPenalty != 1 {
            for token in Set(history) where logits.indices.contains(token) {
                let score = logits[token]
                logits[token] = score < 0 ? score * options.repetitionPenalty : score / options.repetitionPenalty
            }
        }
        guard options.temperature > 0, logits.count > 1 else { return Self.best(logits) }
        // Best first; of equals the first id, so that the order is one.
        var order = Array(logits.indices)
        if let topK = options.topK, topK < order.count {
            order = Self.best(max(1, topK), of: logits)
        } else {
            order.sort { logits[$0] > logits[$1] || (logits[$0] == logits[$1] && $0 < $1) }
        }
        let peak = logits[order[0]]
        var weights = order.map { exp(Double((logits[$0] - peak) / options.temperature)) }
        if let topP = options.topP, topP < 1 {
            let total = weights.reduce(0, +)
            var sum = 0.0
            var kept = 0
            while kept < weights.count, kept == 0 || sum < Double(topP) * total {
                sum += weights[kept]
                kept += 1
            }
            weights.removeSubrange(kept...)
        }
        if let minP = options.minP, minP > 0 {
            // Weights are relative to the best token's, which is 1.
            weights.removeSubrange((weights.firstIndex { $0 < Double(minP) } ?? weights.count)...)
        }
        guard !weights.isEmpty else { return order[0] }
        var rest = Double(random.next() >> 11) * 0x1p-53 * weights.reduce(0, +)
        for (place, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return order[place] }
        }
        return order[weights.count - 1]
    }

    private static func check(_ logits: [Float]) throws(TransformerError) {
        guard !logits.isEmpty, let bad = logits.firstIndex(where: { !($0 < .infinity) }) else {
            if logits.contains(where: { $0 > -.infinity }) { return }
            throw TransformerError(
                .notFinite,
                place: "scores",
                cause: "no token can come next",
                remedy: "check the checkpoint: seeconv verify --structure MODEL"
            )
        }
        throw TransformerError(
            .notFinite,
            place: "scores, token \(bad)",
            cause: "\(logits[bad]) where a finite number is expected",
            remedy: "the weights hold NaN or infinity, or overflow; see: seeconv verify --structure MODEL"
        )
    }

    /// The token with the greatest score, the first of equals.
    private static func best(_ logits: [Float]) -> Int {
        var best = 0
        for token in logits.indices where logits[token] > logits[best] { best = token }
        return best
    }

    /// The `count` best tokens in order, by a heap whose root is the worst of them.
    private static func best(_ count: Int, of logits: [Float]) -> [Int] {
        func isWorse(_ a: Int, _ b: Int) -> Bool { logits[a] < logits[b] || (logits[a] == logits[b] && a > b) }
        var heap: [Int] = []
        heap.reserveCapacity(count)
        func sink(_ start: Int) {
            var node = start
            while case let child = 2 * node + 1, child < heap.count {
                let worse = child + 1 < heap.count && isWorse(heap[child + 1], heap[child]) ? child + 1 : child
                guard isWorse(heap[worse], heap[node]) else { return }
                heap.swapAt(node, worse)
                node = worse
            }
        }
        for token in logits.indices {
            if heap.count < count {
                heap.append(token)
                if heap.count == count { for node in stride(from: count / 2, through: 0, by: -1) { sink(node) } }
            } else if isWorse(heap[0], token) {
                heap[0] = token
                sink(0)
            }
        }
        return heap.sorted { isWorse($1, $0) }
    }
}
