import Checkpoints
import JSONText
import TensorFile

/// What the course of a training depends on, in digests by name: a training goes on only with the same of all.
struct TrainingFingerprint: Sendable, Equatable {
    private struct Digest: Sendable, Equatable {
        let name: String
        let hexadecimal: String
    }

    private let digests: [Digest]

    /// The fingerprint of a training of `workspace` as it is now.
    init(
        _ workspace: Workspace,
        _ options: DistillationOptions,
        _ data: TrainingData,
        _ weights: TokenWeighting
    ) throws {
        func digest(_ text: String) -> String { FileDigest(of: Array(text.utf8)).hexadecimal }
        digests = [
            Digest(name: "options", hexadecimal: digest("\(options.text)\n\(weights)")),
            Digest(name: "data", hexadecimal: data.digest),
            Digest(name: "factors", hexadecimal: try FileDigest(of: InputFile(workspace.factorsPath)).hexadecimal),
            Digest(
                name: "source",
                hexadecimal: digest(workspace.manifest.files.map(\.digest).joined(separator: " "))
            ),
        ]
    }

    /// The fingerprint that a state holds; what is no text there equals nothing.
    init(json: JSONValue?) {
        digests = (json?.members ?? []).map { Digest(name: $0.key, hexadecimal: $0.value.string ?? "") }
    }

    /// An object with a text a digest.
    var json: JSONValue { .object(digests.map { .init(key: $0.name, value: .string($0.hexadecimal)) }) }

    /// What differs from `other`: `options`, `data`, `factors`, `source`.
    func differences(from other: TrainingFingerprint) -> [String] {
        digests.filter { !other.digests.contains($0) }.map(\.name)
    }
}
