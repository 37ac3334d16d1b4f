import GGUF
import JSONText
import Safetensors
import TensorFile

/// What a container says besides its tensors, in a form that goes into any other container as far as that has room.
public struct ContainerMetadata: Sendable {
    /// Texts under keys, as safetensors keeps them.
    public var texts: [(key: String, value: String)] = []
    /// GGUF's typed keys, where the source has them.
    public var gguf: GGUFMetadata?
    /// The model's `config.json`, where the container is a directory's.
    public var configuration: JSONValue?
    /// The model's family, for GGUF's `general.architecture`.
    public var modelType: String?

    /// The key of a stored `config.json` in GGUF files.
    static let configurationKey = "seeconv.config"
    /// Texts of safetensors files stand under this prefix in GGUF files.
    static let textPrefix = "seeconv.metadata."

    /// Nothing.
    public init() {}

    /// What `checkpoint` says.
    public init(of checkpoint: Checkpoint) {
        switch checkpoint.source {
        case let file as SafetensorsFile: texts = file.metadata
        case let sharded as ShardedSafetensors: texts = sharded.metadata
        case let model as GGUFModel: gguf = model.metadata
        default: break
        }
        configuration = checkpoint.configuration.json
        modelType = checkpoint.configuration.modelType
    }

    /// The text of `key`, wherever the container keeps texts.
    public func text(_ key: String) -> String? {
        texts.last { $0.key == key }?.value ?? gguf?[ContainerMetadata.textPrefix + key]?.text
    }

    /// Texts for a safetensors header; of GGUF's keys those that are no arrays, which are too long for a header.
    public var safetensorsTexts: [(key: String, value: String)] {
        guard let gguf else { return texts }
        var result = texts
        for entry in gguf.entries {
            let key =
                entry.key.hasPrefix(Self.textPrefix) ? String(entry.key.dropFirst(Self.textPrefix.count)) : entry.key
            guard !result.contains(where: { $0.key == key }) else { continue }
            if let text = entry.value.text {
                result.append((key, text))
            } else if let value = entry.value.bool {
                result.append((key, String(value)))
            } else if let value = entry.value.integer {
                result.append((key, String(value)))
            } else if let value = entry.value.number {
                result.append((key, String(value)))
            }
        }
        return result
    }

    /// Keys of a GGUF file whose tensors have the types of `tensors`.
    public func ggufMetadata(for tensors: [TensorDescriptor]) -> GGUFMetadata {
        var result = gguf ?? GGUFMetadata()
        if result[.architecture] == nil { result[.architecture] = .text(modelType ?? "unknown") }
        if let configuration, result[Self.configurationKey] == nil {
            result[Self.configurationKey] = .text(configuration.text())
        }
        for (key, value) in texts { result[Self.textPrefix + key] = .text(value) }
        let quantised = tensors.contains { $0.type.isBlockQuantised }
        if let type = GGUFFileType(dominating: tensors) { result[.fileType] = .uint32(type.rawValue) }
        if quantised { result[.quantizationVersion] = .uint32(GGUFFileType.quantizationVersion) }
        return result
    }
}

extension GGUFFileType {
    /// The file type whose tensors take the most bytes; nil where no file type is called like the element type.
    init?(dominating tensors: [TensorDescriptor]) {
        var bytes: [ElementType: Int] = [:]
        for tensor in tensors where tensor.type.isFloatingPoint || tensor.type.isBlockQuantised {
            bytes[tensor.type, default: 0] += tensor.byteCount
        }
        guard let type = bytes.max(by: { ($0.value, $0.key.name) < ($1.value, $1.key.name) })?.key else { return nil }
        // llama.cpp's names carry the size of a mix; the pure type is its medium or small one.
        let names = [type.name, type.name + "_M", type.name + "_S"]
        guard let match = GGUFFileType.allCases.first(where: { names.contains($0.name) }) else { return nil }
        self = match
    }
}
