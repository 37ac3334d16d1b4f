import Checkpoints
import JSONText
import Verification

/// What a training has reached.
public struct DistillationResult: Sendable {
    /// One table.
    public struct Table: Sendable {
        /// The table as it is stored now.
        public var entry: FactoredEntry
        /// What storing the trained table lost: ‖T − T̂‖ / ‖T‖ (Frobenius); nil for tables that did not train.
        public var codingError: Double?
        /// ‖E − T̂‖ / ‖E‖ (Frobenius) of the teacher's table E.
        public var relativeError: Double
    }

    /// Whether the result was better than what the training began with, and stands in the workspace now.
    public var isKept: Bool
    /// The tables of the model as the workspace holds them.
    public var tables: [Table]
    /// The loss of the held-out texts under the last stage's weights, before the training and after everything is stored.
    public var validation: (before: Double, after: Double)
    /// The losses of the held-out texts after everything is stored, by name, none of them weighed.
    public var losses: [(name: String, value: Double)]
    /// Steps taken.
    public var steps: Int
    /// What trained.
    public var trained: DistillationOptions.Trained
    /// Numbers that trained.
    public var trainedCount: Int
    /// Texts that trained, and texts that were held out.
    public var texts: (training: Int, heldOut: Int)
    /// Steps and validations, in order.
    public var records: [TrainingRecord]

    /// The stable JSON of `distil --json`.
    public var json: JSONValue {
        [
            "kept": .bool(isKept), "trained": .string(trained.rawValue), "trainedNumbers": .integer(trainedCount),
            "steps": .integer(steps),
            "texts": ["training": .integer(texts.training), "heldOut": .integer(texts.heldOut)],
            "validation": ["before": .number(validation.before), "after": .number(validation.after)],
            "losses": .object(losses.map { .init(key: $0.name, value: .number($0.value)) }),
            "tables": .array(
                tables.map { table in
                    [
                        "name": .string(table.entry.name), "bytes": .integer(table.entry.byteCount),
                        "byteRatio": .number(table.entry.byteRatio),
                        "byteRatioFloat32": .number(table.entry.byteRatioFloat32),
                        "codingError": table.codingError.map { .number($0) } ?? .null,
                        "relativeError": .number(table.relativeError),
                    ]
                }
            ),
        ]
    }

    /// The training as a page with its loss curves.
    public func html(of name: String) -> String {
        var page = Page("Training of \(name)")
        page.addParagraph(
            "\(steps) steps; \(trainedCount) numbers trained (\(trained.rawValue)). Loss of \(texts.heldOut) held-out texts: "
                + "\(figure(validation.before)) before, \(figure(validation.after)) after everything is stored."
                + (isKept ? "" : " That is no better, so that the workspace was left as it was.")
        )
        page.addTable(
            ["table", "bytes", "byte ratio", "ratio to F32", "error of storing", "relative error to the teacher"],
            tables.map { table in
                [
                    table.entry.name, String(table.entry.byteCount), figure(table.entry.byteRatio),
                    figure(table.entry.byteRatioFloat32), table.codingError.map(figure) ?? "not trained",
                    figure(table.relativeError),
                ]
            }
        )
        let phases = records.reduce(into: [String]()) { if !$0.contains($1.phase) { $0.append($1.phase) } }
        for phase in phases {
            page.addHeading("Phase \(phase)")
            page.addCharts([lossChart(phase), rateChart(phase)])
        }
        page.addTable(
            ["losses of the held-out texts", "after everything is stored"],
            losses.map { [$0.name, figure($0.value)] }
        )
        return page.html
    }

    private func lossChart(_ phase: String) -> Chart {
        let (steps, checks) = (steps(of: phase), records.filter { $0.phase == phase && $0.isValidation })
        return Chart(
            "Loss",
            x: "step",
            y: "loss",
            [
                Chart.Series("training", Self.thinned(steps) { $0.loss }),
                Chart.Series("held out", checks.map { (Double($0.step), $0.loss) }),
            ]
        )
    }

    private func rateChart(_ phase: String) -> Chart {
        let steps = steps(of: phase)
        return Chart(
            "Length of the gradients",
            x: "step",
            y: "length before clipping",
            [Chart.Series("", Self.thinned(steps) { $0.gradientNorm })]
        )
    }

    private func steps(of phase: String) -> [TrainingRecord] {
        records.filter { $0.phase == phase && !$0.isValidation }
    }

    /// At most 200 points, each the mean of its neighbours.
    private static func thinned(
        _ records: [TrainingRecord],
        _ value: (TrainingRecord) -> Double
    ) -> [(x: Double, y: Double)] {
        let step = max(1, (records.count + 199) / 200)
        return stride(from: 0, to: records.count, by: step).map { first in
            let part = records[first..<min(first + step, records.count)]
            let count = Double(part.count)
            return (
                part.reduce(0) { $0 + Double($1.step) } / count, part.reduce(0) { $0 + value($1) } / count
            )
        }
    }

    private func figure(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return String(value) }
        return String((value * 100_000).rounded() / 100_000)
    }
}
