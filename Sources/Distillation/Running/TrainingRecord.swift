import JSONText
import Transformer

/// A line of a training's metrics: a step, or a validation after it.
public struct TrainingRecord: Sendable, Hashable {
    /// `align`, `distil` or `settle`.
    public var phase: String
    /// The step among all of the training; 0 before the first.
    public var step: Int
    /// The weighed sum of the losses.
    public var loss: Double
    /// Whether the loss is that of the held-out texts.
    public var isValidation: Bool
    /// The losses by name, none of them weighed, those that count.
    public var losses: [(name: String, value: Double)]
    /// The learning rate; 0 for validations.
    public var rate: Double
    /// The length of the gradients before clipping; 0 for validations.
    public var gradientNorm: Double
    /// Tokens of the step, or of the held-out texts.
    public var tokens: Int

    /// Whether both are the same line.
    public static func == (a: TrainingRecord, b: TrainingRecord) -> Bool { a.json == b.json }
    /// As the line.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }

    /// The record as an object on one line: `phase`, `step`, `loss` or `validation`, `losses`, `tokens`, and of steps `rate`
    /// and `gradientNorm`.
    public var json: JSONValue {
        let losses = losses.map { JSONValue.Member(key: $0.name, value: .number($0.value)) }
        var members: [JSONValue.Member] = [
            .init(key: "phase", value: .string(phase)), .init(key: "step", value: .integer(step)),
            .init(key: isValidation ? "validation" : "loss", value: .number(loss)),
            .init(key: "losses", value: .object(losses)), .init(key: "tokens", value: .integer(tokens)),
        ]
        if !isValidation {
            members.append(.init(key: "rate", value: .number(rate)))
            members.append(.init(key: "gradientNorm", value: .number(gradientNorm)))
        }
        return .object(members)
    }
}

extension TrainingRecord {
    /// The record that a line of a metrics file holds; nil for none.
    init?(line: [UInt8]) {
        guard let json = try? JSONValue(parsing: line), let phase = json["phase"]?.string,
            let step = json["step"]?.int, let loss = (json["loss"] ?? json["validation"])?.double
        else { return nil }
        self.init(
            phase: phase,
            step: step,
            loss: loss,
            isValidation: json["validation"] != nil,
            losses: (json["losses"]?.members ?? []).compactMap { member in
                member.value.double.map { (member.key, $0) }
            },
            rate: json["rate"]?.double ?? 0,
            gradientNorm: json["gradientNorm"]?.double ?? 0,
            tokens: json["tokens"]?.int ?? 0
        )
    }
}

extension LossValues {
    /// The losses that count under `weights`, by name.
    func named(_ weights: LossWeights) -> [(name: String, value: Double)] {
        let all: [(String, Double, Float)] = [
            ("embedding", embedding, weights.embedding), ("hidden", hidden, weights.hidden),
            ("soft", soft, weights.soft), ("hard", hard, weights.hard), ("cosine", cosine, weights.cosine),
            ("pooled", pooled, weights.pooled),
        ]
        return all.filter { $0.2 != 0 }.map { ($0.0, $0.1) }
    }
}
