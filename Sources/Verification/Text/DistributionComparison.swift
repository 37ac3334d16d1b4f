import Foundation
import LinearAlgebra
import TensorFile
import Transformer

/// How far a candidate's probabilities of the next token are from the reference's over a text.
public struct DistributionComparison: Sendable {
    /// KL(reference ‖ candidate) in nats at each place of the text where a token is predicted.
    public private(set) var divergences = Sample()
    private var agreeing = 0
    private var referenceLoss = 0.0
    private var candidateLoss = 0.0

    /// Places that were compared.
    public var count: Int { divergences.values.count }
    /// The share of places where both models find the same token likeliest.
    public var top1Agreement: Double { Double(agreeing) / Double(max(1, count)) }
    /// exp of the mean negative logarithm of the probability that the reference gives to the text's own tokens.
    public var referencePerplexity: Double { exp(referenceLoss / Double(max(1, count))) }
    /// The same of the candidate.
    public var candidatePerplexity: Double { exp(candidateLoss / Double(max(1, count))) }

    /// A comparison of no places yet.
    init() {}

    /// One model's part in a comparison.
    struct Side {
        /// The model's path, for messages.
        let path: String
        /// Normalised hidden vectors `[T, width]`.
        let hidden: MatrixView<Float>
        /// What makes scores of them.
        let head: any OutputHead
    }

    /// Scores that are held at once for either model: 16 MiB.
    private static let budget = 4 << 20

    /// Adds places where the models' hidden vectors are those of `reference` and `candidate` and the text goes on with
    /// `targets`, one for each vector. Tokens in `forbidden` never come: both models' scores of them are left out.
    ///
    /// - Parameter place: names the place of vector number `index`, for messages.
    /// - Throws: `TensorFileError` for scores that are not finite and targets beyond the heads.
    mutating func add(
        _ reference: Side,
        _ candidate: Side,
        targets: [Int],
        forbidden: [Int] = [],
        place: (_ index: Int) -> String
    ) throws(TensorFileError) {
        let size = reference.head.tokenCount
        precondition(candidate.head.tokenCount == size, "heads of different sizes")
        if let bad = targets.firstIndex(where: { $0 < 0 || $0 >= size || forbidden.contains($0) }) {
            throw TensorFileError(
                .value,
                file: reference.path,
                place: place(bad),
                cause: "the model never gives token \(targets[bad])",
                remedy: "use the model's own tokenizer, and a text without control tokens"
            )
        }
        let part = min(targets.count, max(1, min(64, Self.budget / max(1, size))))
        guard part > 0 else { return }
        var scores = Matrix(rows: part, columns: size)
        var others = Matrix(rows: part, columns: size)
        for first in Swift.stride(from: 0, to: targets.count, by: part) {
            let rows = first..<min(first + part, targets.count)
            let tokens = scores.withMutableView { scores in
                others.withMutableView { others in
                    for (side, target) in [(reference, scores), (candidate, others)] {
                        side.head.write(
                            logitsOf: side.hidden.extracting(rows: rows, columns: 0..<side.hidden.columns),
                            to: target.extracting(rows: 0..<rows.count, columns: 0..<size)
                        )
                        for row in 0..<rows.count {
                            for token in forbidden where token >= 0 && token < size {
                                (target.base + row * target.rowStride)[token] = -.infinity
                            }
                        }
                    }
                    return Parallel.mapChunks(of: rows.count, size: 1) { range in
                        let row = range.lowerBound
                        return ScoredToken(
                            scores.base + row * scores.rowStride,
                            others.base + row * others.rowStride,
                            count: size,
                            target: targets[first + row]
                        )
                    }
                }
            }
            for (row, token) in tokens.enumerated() {
                try add(token, reference.path, candidate.path) { place(first + row) }
            }
        }
    }

    private mutating func add(
        _ token: ScoredToken,
        _ reference: String,
        _ candidate: String,
        place: () -> String
    ) throws(TensorFileError) {
        guard token.divergence.isFinite, token.referenceLoss.isFinite, token.candidateLoss.isFinite else {
            throw TensorFileError(
                .value,
                file: token.referenceLoss.isFinite ? candidate : reference,
                place: place(),
                cause: "a score is NaN or infinite",
                remedy: "the weights hold NaN or infinity, or overflow; see: seeconv verify --structure MODEL"
            )
        }
        divergences.add(token.divergence)
        agreeing += token.agrees ? 1 : 0
        referenceLoss += token.referenceLoss
        candidateLoss += token.candidateLoss
    }
}
