import Foundation

/// What two models say of the token at one place of a text, from their scores of all tokens.
struct ScoredToken: Sendable {
    /// Σ p (log p − log q) in nats, p being the reference's probabilities and q the candidate's (Kullback and Leibler 1951).
    let divergence: Double
    /// Whether the token that is likeliest, of equals the first, is the same.
    let agrees: Bool
    /// −log p of the token that is there, in nats.
    let referenceLoss: Double
    /// −log q of it.
    let candidateLoss: Double

    /// From `count` scores of either model, which a softmax makes probabilities; −∞ stands for a token that cannot come.
    /// Sums and logarithms are taken in F64, relative to the greatest score: equal scores give exactly 0.
    init(_ reference: UnsafePointer<Float>, _ candidate: UnsafePointer<Float>, count: Int, target: Int) {
        precondition(target >= 0 && target < count, "no such token")
        var (first, second) = (0, 0)
        for token in 0..<count {
            if reference[token] > reference[first] { first = token }
            if candidate[token] > candidate[second] { second = token }
        }
        let (greatest, other) = (Double(reference[first]), Double(candidate[second]))
        var (sum, otherSum, difference) = (0.0, 0.0, 0.0)
        for token in 0..<count {
            let (x, y) = (Double(reference[token]) - greatest, Double(candidate[token]) - other)
            let weight = exp(x)
            sum += weight
            otherSum += exp(y)
            // 0 · log 0 is 0.
            if weight > 0 { difference += weight * (x - y) }
        }
        let (logarithm, otherLogarithm) = (log(sum), log(otherSum))
        let found = difference / sum - logarithm + otherLogarithm
        // Never below 0 but for rounding.
        divergence = found < 0 ? 0 : found
        agrees = first == second
        referenceLoss = logarithm - (Double(reference[target]) - greatest)
        candidateLoss = otherLogarithm - (Double(candidate[target]) - other)
    }
}
