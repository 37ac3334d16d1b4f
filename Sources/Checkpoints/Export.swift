import Entanglement
import Foundation
import JSONText
import TensorFile

/// Writes a workspace's model as a checkpoint again: with factors, or with the dense tables rebuilt from them.
public struct Export {
    /// What stands where the vocabulary tables were.
    public enum Form: String, Sendable, CaseIterable {
        /// Factor tensors under the factored layout.
        case factored
        /// Tables of the original names and shapes, rebuilt: opens wherever the original did.
        case dense
    }

    let workspace: Workspace
    let source: Checkpoint
    /// The source's tensors, those that were trained in their places.
    private let weights: any TensorSource
    let description: FactoredDescription

    /// Opens `workspace`, which must be factorized.
    public init(_ workspace: Workspace) throws {
        guard workspace.isFactorized else {
            throw TensorFileError(
                .missing,
                file: workspace.path,
                place: Workspace.factorsName,
                cause: "the workspace is not factorized",
                remedy: "run: seeconv factorize \(workspace.path)"
            )
        }
        self.workspace = workspace
        source = try workspace.openSource()
        weights = try workspace.openTrained().source
        description = try workspace.factoredDescription()
    }

    /// The container that the source came in.
    public var sourceFormat: ContainerFormat { source.source.format }
    /// Whether the source is a model directory.
    public var isDirectory: Bool { source.layout == .directory }

    /// The tensors of the exported checkpoint.
    ///
    /// `type` converts floating-point tensors (never the parts of factored tables); nil keeps every tensor's own, and
    /// dense tables get the type that they had.
    public func outputs(_ form: Form, container: ContainerFormat, type: ElementType?) throws -> [OutputTensor] {
        let plan = TypePlan(target: type, container: container)
        var replaced: [[UInt8]: FactoredEntry] = [:]
        for entry in description.entries {
            for name in [entry.tensor.name] + entry.ties { replaced[Array(name.utf8)] = entry }
        }
        var outputs: [OutputTensor] = []
        for tensor in source.source.tensors {
            if let entry = replaced[Array(tensor.name.utf8)] {
                guard form == .dense else { continue }
                let descriptor = try TensorDescriptor(
                    name: tensor.name,
                    type: plan.type(of: tensor),
                    shape: tensor.shape
                )
                if let exceptions = entry.exceptions, descriptor.type == tensor.type {
                    // Zero rows are computed as such; kept ones must not pass through float32.
                    let exact = exceptions.exactRows()
                    let table =
                        exact.isEmpty
                        ? try entry.table(in: workspace.factorsPath).table : try entry.layers(in: workspace.factorsPath)
                    outputs.append(OutputTensor(descriptor, .rows({ table.rows($0).elements }, exact: exact)))
                } else {
                    let table = try entry.table(in: workspace.factorsPath)
                    outputs.append(OutputTensor(descriptor, .rows({ table.rows($0).elements })))
                }
            } else {
                let descriptor = try TensorDescriptor(
                    name: tensor.name,
                    type: plan.type(of: tensor),
                    shape: tensor.shape
                )
                let stored = weights.tensor(named: tensor.name) ?? tensor
                outputs.append(OutputTensor(descriptor, .stored(stored, in: weights)))
            }
        }
        return form == .factored ? outputs + (try description.outputs(for: container)) : outputs
    }

    /// What the exported container says besides its tensors.
    public func metadata(_ form: Form) -> ContainerMetadata {
        var metadata = ContainerMetadata(of: source)
        if form == .factored { metadata.texts.append((FactoredLayout.metadataKey, description.text)) }
        return metadata
    }

    /// Writes a model directory: weights, the source's configuration (with a `see` member where factored) and every
    /// small file beside them, such as the tokenizer.
    public func writeDirectory(
        _ form: Form,
        to path: String,
        type: ElementType?,
        shardSize: Int?,
        isReplacing: Bool,
        progress: (Int) -> Void
    ) throws {
        let folder = try OutputFolder(path, replacing: isReplacing)
        try copyCompanions(to: folder.path, form: form)
        let outputs = try outputs(form, container: .safetensors, type: type)
        let container = try ContainerOutput(folder.path + "/model.safetensors", shardSize: shardSize)
        let sink = try container.makeSink(for: outputs.map(\.descriptor), metadata: metadata(form))
        try TensorTransfer().run(outputs, into: sink, progress: progress)
        try folder.commit()
    }

    /// Writes one container.
    public func writeFile(_ form: Form, to target: ContainerOutput, type: ElementType?, progress: (Int) -> Void) throws
    {
        let outputs = try outputs(form, container: target.format, type: type)
        let sink = try target.makeSink(for: outputs.map(\.descriptor), metadata: metadata(form))
        try TensorTransfer().run(outputs, into: sink, progress: progress)
    }

    /// Files of the source's directory that are no weights: copied, the configuration completed.
    private func copyCompanions(to folder: String, form: Form) throws {
        let weights = [
            ".safetensors", ".safetensors.index.json", ".gguf", ".npz", ".bin", ".pt", ".pth", ".h5", ".msgpack",
            ".onnx", ".ot",
        ]
        let names = try FileManager.default.subpathsOfDirectory(atPath: source.path)
        for name in names.sorted()
        where !weights.contains(where: name.hasSuffix)
            && !name.split(separator: "/").contains(where: { $0.hasPrefix(".") })
        {
            let from = source.path + "/" + name
            let to = folder + "/" + name
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: from, isDirectory: &isDirectory) else { continue }
            if isDirectory.boolValue {
                try FileManager.default.createDirectory(atPath: to, withIntermediateDirectories: true)
                continue
            }
            let input = try InputFile(from)
            // Tokenizers of large vocabularies take some tens of megabytes; more is no companion.
            guard input.size <= 256 << 20 else { continue }
            var bytes = try input.bytes(at: 0, count: input.size)
            if name == "config.json", form == .factored { bytes = try configurationWithFactors(bytes, file: from) }
            let output = try OutputFile(to, replacing: false)
            try output.append(bytes)
            try output.commit()
        }
    }

    private func configurationWithFactors(_ bytes: [UInt8], file: String) throws -> [UInt8] {
        guard case .object(var members)? = try? JSONValue(parsing: bytes) else {
            throw TensorFileError(
                .malformed,
                file: file,
                place: "config.json",
                cause: "no JSON object",
                remedy: "repair the configuration"
            )
        }
        members.removeAll { $0.key == FactoredLayout.metadataKey }
        let summary: JSONValue = [
            "version": .integer(description.version), "tables": .array(description.entries.map { .string($0.name) }),
        ]
        members.append(JSONValue.Member(key: FactoredLayout.metadataKey, value: summary))
        return Array((JSONValue.object(members).text(.indented) + "\n").utf8)
    }
}
