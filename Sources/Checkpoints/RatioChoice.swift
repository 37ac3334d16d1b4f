import JSONText
import ResidualCoding
import TensorFile

/// A ratio that was chosen from a table's error curve, and why.
public struct RatioChoice: Sendable {
    /// Times fewer bytes than the table in its own type.
    public let ratio: Double
    /// The knee that it comes from, in ratios to float32.
    public let knee: RateCurve.Knee

    /// The ratio of `tensor` at the knee of `curve`.
    init(_ curve: RateCurve, for tensor: TensorDescriptor) {
        knee = curve.knee
        ratio = knee.ratio * Double(tensor.byteCount) / Double(max(1, 4 * tensor.elementCount))
    }

    /// The choice in one sentence; `weights` says in words what weighs the errors.
    public func sentence(weights: String) -> String {
        func round(_ value: Double) -> String { String((value * 1000).rounded() / 1000) }
        guard knee.slopes.above > knee.slopes.below else {
            return
                "ratio \(round(ratio)) chosen: the estimated error bends nowhere between ratios 2 and 128 (weights: \(weights))"
        }
        return
            "ratio \(round(ratio)) chosen: up to here each doubling of the ratio adds about \(round(knee.slopes.below)) to the "
            + "weighted error, beyond it \(round(knee.slopes.above)) (estimated from the table's spectrum; weights: \(weights))"
    }

    /// The choice for a report.
    public func json(weights: String) -> JSONValue {
        [
            "ratio": .number(ratio),
            "ratioFloat32": .number(knee.ratio),
            "estimatedWeightedError": .number(knee.error),
            "reason": .string(sentence(weights: weights)),
            "curve": .array(
                knee.curve.map { ["ratioFloat32": .number($0.ratio), "weightedRelativeError": .number($0.error)] }
            ),
        ]
    }
}
