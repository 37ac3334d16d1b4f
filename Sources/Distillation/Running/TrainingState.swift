import Foundation
import JSONText
import Safetensors
import TensorFile

/// Everything that a training needs to go on, to the bit: numbers, the best numbers so far, the optimiser's moments, the
/// errors of coded tables, and where it stands. Random draws need nothing: they are hashes of the seed and the step.
///
/// A safetensors file in the workspace, `training.safetensors`: tensors `values`, `best`, `moments.first`, `moments.second` and
/// `offset.0` … in F32, and the rest as JSON under the metadata key `training`.
struct TrainingState: Sendable, Equatable {
    /// Where a training stands.
    struct Position: Sendable, Equatable {
        /// The phase.
        var phase = 0
        /// Steps taken in the phase.
        var step = 0
        /// Steps taken in all.
        var total = 0
        /// The epoch of the data.
        var epoch = 0
        /// Batches of the epoch that are used up.
        var batch = 0
        /// Validations of the phase since the best one.
        var stale = 0
        /// The loss of the best validation of the phase; infinite before the first.
        var bestLoss = Double.infinity
        /// The loss of the held-out texts before the first step of each phase, for the report.
        var firstLosses: [Double] = []
    }

    /// What the training depends on.
    var fingerprint: TrainingFingerprint
    var position: Position
    var values: [Float]
    var best: [Float]
    var adamSteps: Int
    var first: [Float]
    var second: [Float]
    var offsets: [[Float]]

    /// The version of the file; others are refused.
    private static let version = 1
    private static let key = "training"

    private var arrays: [(name: String, values: [Float])] {
        [("values", values), ("best", best), ("moments.first", first), ("moments.second", second)]
            + offsets.enumerated().map { ("offset.\($0)", $1) }
    }

    /// Whether a file is at `path`.
    static func exists(at path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Removes the file at `path`, where there is one.
    static func remove(at path: String) { unlink(path) }

    /// Checks that the state at `path` is there where a training goes on, and not there where one begins.
    ///
    /// - Parameter isReplacing: whether one that is there may be lost.
    /// - Throws: kind `exists` or `missing`.
    static func check(_ path: String, resumes: Bool, isReplacing: Bool) throws(TensorFileError) {
        let isThere = exists(at: path)
        guard resumes || isReplacing || !isThere else {
            throw TensorFileError(
                .exists,
                file: path,
                place: "training",
                cause: "the state of an interrupted training is there",
                remedy: "go on with --resume, or begin again with --force"
            )
        }
        guard !resumes || isThere else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "--resume",
                cause: "no training of this workspace was interrupted",
                remedy: "run without --resume"
            )
        }
    }

    /// Writes the state to `path`: flushed to the disk, then renamed into place.
    func write(to path: String) throws {
        let json: JSONValue = [
            "version": .integer(Self.version),
            "fingerprint": fingerprint.json,
            "phase": .integer(position.phase), "step": .integer(position.step), "total": .integer(position.total),
            "epoch": .integer(position.epoch), "batch": .integer(position.batch), "stale": .integer(position.stale),
            // JSON has no infinity.
            "bestLoss": position.bestLoss.isFinite ? .number(position.bestLoss) : .null,
            "firstLosses": .array(position.firstLosses.map { .number($0) }),
            "adamSteps": .integer(adamSteps), "offsets": .integer(offsets.count),
        ]
        let arrays = arrays
        let writer = try SafetensorsWriter(
            path,
            tensors: try arrays.map { try TensorDescriptor(name: $0.name, type: .float32, shape: [$0.values.count]) },
            metadata: [(Self.key, json.text())],
            replacing: true
        )
        for tensor in writer.order {
            guard let array = arrays.first(where: { $0.name == tensor.name }) else { continue }
            try array.values.withUnsafeBytes { try writer.append($0) }
        }
        try writer.finish()
    }

    /// The state in the file at `path`; nothing in it is trusted.
    init(reading path: String) throws {
        let file = try SafetensorsFile(path)
        func failure(_ place: String, _ cause: String) -> TensorFileError {
            TensorFileError(.malformed, file: path, place: place, cause: cause, remedy: "begin again: --force")
        }
        guard let text = file.metadata.last(where: { $0.key == Self.key })?.value,
            let json = try? JSONValue(parsing: Array(text.utf8))
        else { throw failure("metadata", "no description of a training") }
        guard json["version"]?.int == Self.version else {
            throw failure(
                "version",
                "version \(json["version"]?.text() ?? "absent"), this program reads \(Self.version)"
            )
        }
        func number(_ key: String) throws -> Int {
            guard let value = json[key]?.int, value >= 0 else { throw failure(key, "no count") }
            return value
        }
        func array(_ name: String) throws -> [Float] {
            guard let tensor = file.tensor(named: name), tensor.type == .float32, tensor.shape.count == 1 else {
                throw failure("tensor \"\(name)\"", "missing, or no vector in F32")
            }
            var values: [Float] = []
            values.reserveCapacity(tensor.elementCount)
            try file.stream(tensor, chunkBytes: 1 << 20) { chunk in
                values += try ValueCodec.floats(chunk, as: .float32, count: chunk.count / 4)
            }
            return values
        }
        position = Position(
            phase: try number("phase"),
            step: try number("step"),
            total: try number("total"),
            epoch: try number("epoch"),
            batch: try number("batch"),
            stale: try number("stale"),
            bestLoss: json["bestLoss"]?.double ?? .infinity,
            firstLosses: (json["firstLosses"]?.elements ?? []).map { $0.double ?? .nan }
        )
        fingerprint = TrainingFingerprint(json: json["fingerprint"])
        adamSteps = try number("adamSteps")
        let count = try number("offsets")
        guard count <= file.tensors.count else { throw failure("offsets", "\(count), more than there are tensors") }
        (values, best) = (try array("values"), try array("best"))
        (first, second) = (try array("moments.first"), try array("moments.second"))
        offsets = try (0..<count).map { try array("offset.\($0)") }
    }

    /// A state of these parts.
    init(
        fingerprint: TrainingFingerprint,
        position: Position,
        values: [Float],
        best: [Float],
        optimiser: AdamW.State,
        offsets: [[Float]]
    ) {
        (self.fingerprint, self.position, self.values, self.best) = (fingerprint, position, values, best)
        (adamSteps, first, second) = (optimiser.stepCount, optimiser.first, optimiser.second)
        self.offsets = offsets
    }

    /// The optimiser's part.
    var optimiser: AdamW.State { AdamW.State(stepCount: adamSteps, first: first, second: second) }
}
