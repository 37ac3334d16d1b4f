import Entanglement
import GGUF
import JSONText
import Safetensors
import TensorFile

/// All factored tables of a container.
public struct FactoredDescription: Sendable {
    /// The tables.
    public var entries: [FactoredEntry]

    /// A description of `entries`.
    public init(entries: [FactoredEntry]) {
        self.entries = entries
    }

    /// The version of the layout that the tables need.
    var version: Int {
        if entries.contains(where: { $0.exceptions != nil }) { return FactoredLayout.versionWithExceptions }
        return entries.contains { $0.residual != nil } ? FactoredLayout.versionWithResidual : FactoredLayout.version
    }

    /// The JSON text that stands under `FactoredLayout.metadataKey`.
    var text: String {
        let json: JSONValue = [
            "version": .integer(version), "tables": .array(entries.map(\.json)),
        ]
        return json.text()
    }

    /// The factored tables of `source`; nil where it has none.
    public init?(reading source: any TensorSource) throws {
        guard let text = try FactoredDescription.text(in: source) else { return nil }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: text)
        } catch {
            throw TensorFileError(
                .malformed,
                file: source.path,
                place: "see, byte \(error.offset)",
                cause: error.cause,
                remedy: "export the model again"
            )
        }
        guard let version = json["version"]?.int, FactoredLayout.readableVersions.contains(version) else {
            throw TensorFileError(
                .unsupported,
                file: source.path,
                place: "see, version",
                cause:
                    "layout version \(json["version"]?.text() ?? "absent"), this program reads \(FactoredLayout.version) to \(FactoredLayout.versionWithExceptions)",
                remedy: "use the seeconv that wrote it, or a newer one"
            )
        }
        entries = try (json["tables"]?.elements ?? []).map { try FactoredEntry(reading: $0, from: source) }
    }

    private static func text(in source: any TensorSource) throws -> [UInt8]? {
        switch source {
        case let file as SafetensorsFile:
            return file.metadata.last { $0.key == FactoredLayout.metadataKey }.map { Array($0.value.utf8) }
        case let sharded as ShardedSafetensors:
            return sharded.metadata.last { $0.key == FactoredLayout.metadataKey }.map { Array($0.value.utf8) }
        case let model as GGUFModel:
            let key = ContainerMetadata.textPrefix + FactoredLayout.metadataKey
            return model.metadata[key]?.string.map { Array($0.bytes) }
        default:
            guard let tensor = source.tensor(named: FactoredLayout.metadataKey), tensor.type == .uint8 else {
                return nil
            }
            var bytes: [UInt8] = []
            try source.stream(tensor, chunkBytes: 1 << 20) { bytes.append(contentsOf: $0) }
            return bytes
        }
    }

    /// The tensors and, for containers without metadata, the description as one of them.
    func outputs(for container: ContainerFormat) throws -> [OutputTensor] {
        var outputs = try entries.flatMap { try $0.outputs(for: container) }
        if container == .npz {
            let bytes = Array(text.utf8)
            let descriptor = try TensorDescriptor(name: FactoredLayout.metadataKey, type: .uint8, shape: [bytes.count])
            outputs.append(OutputTensor(descriptor, .bytes(bytes)))
        }
        return outputs
    }
}
