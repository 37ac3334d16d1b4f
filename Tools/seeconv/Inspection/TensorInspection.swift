import Checkpoints
import JSONText
import TensorFile

/// What `inspect --tensor` shows: one tensor's values, read twice in pieces.
struct TensorInspection {
    let tensor: TensorDescriptor
    let statistics: TensorStatistics
    let histogram: ValueHistogram?

    init(of name: String, in checkpoint: Checkpoint) throws {
        guard let tensor = checkpoint.source.tensor(named: name) else {
            throw TensorFileError(
                .missing,
                file: checkpoint.path,
                place: "tensor \"\(name)\"",
                cause: "it is not there",
                remedy: "see the names: seeconv inspect --all \(checkpoint.path)"
            )
        }
        self.tensor = tensor
        statistics = try TensorStatistics(of: tensor, in: checkpoint.source)
        histogram = try ValueHistogram(of: tensor, in: checkpoint.source, statistics)
    }

    var json: JSONValue {
        [
            "name": .string(tensor.name), "type": .string(tensor.type.name),
            "shape": .array(tensor.shape.map { .integer($0) }), "bytes": .integer(tensor.byteCount),
            "statistics": [
                "count": .integer(statistics.count), "zeros": .integer(statistics.zeros),
                "nan": .integer(statistics.nans), "infinite": .integer(statistics.infinities),
                "minimum": statistics.minimum.map { .number($0) } ?? .null,
                "maximum": statistics.maximum.map { .number($0) } ?? .null,
                "mean": .number(statistics.mean), "standardDeviation": .number(statistics.standardDeviation),
            ],
            "histogram": histogram.map {
                [
                    "from": .number($0.lowerBound), "to": .number($0.upperBound),
                    "counts": .array($0.counts.map { .integer($0) }),
                ]
            } ?? .null,
        ]
    }

    var text: String {
        let shape = tensor.shape.isEmpty ? "scalar" : tensor.shape.map(Format.count).joined(separator: " × ")
        let counts = [
            ("zero", statistics.zeros), ("NaN", statistics.nans), ("infinite", statistics.infinities),
        ].map { "\(Format.count($0.1)) \($0.0)" }.joined(separator: ", ")
        let lines = [
            "\(tensor.name.escapingControls): \(tensor.type.name), \(shape), \(Format.bytes(tensor.byteCount))",
            "\(Format.count(statistics.count)) values; \(counts)",
        ]
        guard let histogram else { return lines.joined(separator: "\n") }
        let moments =
            "minimum \(Format.significant(histogram.lowerBound)), maximum \(Format.significant(histogram.upperBound)), "
            + "mean \(Format.significant(statistics.mean)), "
            + "standard deviation \(Format.significant(statistics.standardDeviation))"
        return (lines + [moments, "", bars(histogram)]).joined(separator: "\n")
    }

    private func bars(_ histogram: ValueHistogram) -> String {
        let longest = 48
        let most = max(1, histogram.counts.max() ?? 1)
        var table = TextTable([("from", .right), ("to", .right), ("values", .right), ("", .left)])
        for (bin, count) in histogram.counts.enumerated() {
            let bounds = histogram.bounds(of: bin)
            let length = Int((Double(count) / Double(most) * Double(longest)).rounded())
            // Few are not none.
            let bar = count > 0 && length == 0 ? "▏" : String(repeating: "█", count: length)
            table.add([
                Format.significant(bounds.lower), Format.significant(bounds.upper), Format.count(count), bar,
            ])
        }
        return table.text
    }
}
