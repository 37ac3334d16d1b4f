import Checkpoints
import GGUF
import JSONText
import Safetensors
import TensorFile

/// What `inspect` knows about a whole checkpoint; headers and small files only, no tensor is read.
struct CheckpointInspection {
    let checkpoint: Checkpoint
    let tables: [FoundTable]
    let templates: [GGUFChatTemplate]
    let findings: [StructureFinding]

    init(of checkpoint: Checkpoint) throws {
        self.checkpoint = checkpoint
        tables = try checkpoint.recognisedTables()
        templates = try checkpoint.chatTemplates()
        findings =
            switch checkpoint.source {
            case let file as SafetensorsFile: file.header.structureFindings()
            case let sharded as ShardedSafetensors: sharded.structureFindings()
            case let model as GGUFModel: try model.structureFindings()
            default:
                checkpoint.source.warnings.map {
                    StructureFinding(.warning, place: checkpoint.source.format.rawValue, $0)
                }
            }
    }

    var tensors: [TensorDescriptor] { checkpoint.source.tensors }
    var parameterCount: Int { tensors.reduce(0) { $0 &+ $1.elementCount } }
    var byteCount: Int { tensors.reduce(0) { $0 &+ $1.byteCount } }
    var tableByteCount: Int { tables.reduce(0) { $0 &+ $1.tensor.byteCount } }

    /// Element types with their tensors, those with the most bytes first.
    var types: [(type: ElementType, tensors: [TensorDescriptor])] {
        Dictionary(grouping: tensors, by: \.type)
            .map { (type: $0.key, tensors: $0.value, bytes: $0.value.reduce(0) { $0 &+ $1.byteCount }) }
            .sorted { ($1.bytes, $0.type.name) < ($0.bytes, $1.type.name) }
            .map { ($0.type, $0.tensors) }
    }

    /// What stands in the container besides tensors: keys with short values; arrays by their lengths.
    var metadata: [(key: String, value: JSONValue)] {
        switch checkpoint.source {
        case let file as SafetensorsFile: file.metadata.map { ($0.key, .string($0.value)) }
        case let sharded as ShardedSafetensors: sharded.metadata.map { ($0.key, .string($0.value)) }
        case let model as GGUFModel: model.metadata.entries.map { ($0.key, $0.value.json) }
        default: []
        }
    }
}

extension CheckpointInspection {
    /// The checkpoint for programs: `path`, `format`, `modelType`, `files`, `parameters`, `bytes`, `types`, `tables`,
    /// `tablesShare`, `tokenizer`, `chatTemplates`, `metadata`, `findings`, `problems` and `tensors`.
    var json: JSONValue {
        [
            "path": .string(checkpoint.path),
            "format": .string(checkpoint.source.format.rawValue),
            "modelType": checkpoint.configuration.modelType.map { .string($0) } ?? .null,
            "files": .array(checkpoint.weightFiles.map { .string($0) }),
            "parameters": .integer(parameterCount),
            "bytes": .integer(byteCount),
            "types": .array(
                types.map { type, tensors in
                    [
                        "type": .string(type.name), "tensors": .integer(tensors.count),
                        "parameters": .integer(tensors.reduce(0) { $0 &+ $1.elementCount }),
                        "bytes": .integer(tensors.reduce(0) { $0 &+ $1.byteCount }),
                    ]
                }
            ),
            "tables": .array(
                tables.map {
                    [
                        "name": .string($0.tensor.name), "role": .string($0.role.rawValue),
                        "bytes": .integer($0.tensor.byteCount),
                    ]
                }
            ),
            "tablesShare": .number(Double(tableByteCount) / Double(max(1, byteCount))),
            "tokenizer": checkpoint.tokenizer.map { kind, size in
                ["kind": .string(kind), "tokens": size.map { .integer($0) } ?? .null]
            } ?? .null,
            "chatTemplates": .array(
                templates.map {
                    [
                        "name": .string($0.name), "bytes": .integer($0.source.bytes.count),
                        "suspicious": .array($0.suspiciousParts.map { .string($0) }),
                    ]
                }
            ),
            "metadata": .object(metadata.map { JSONValue.Member(key: $0.key, value: $0.value) }),
            "findings": .array(findings.map { .string($0.description) }),
            "problems": .array(findings.filter { $0.severity == .warning }.map { .string($0.description) }),
            "tensors": .array(
                tensors.map { tensor in
                    [
                        "name": .string(tensor.name), "type": .string(tensor.type.name),
                        "shape": .array(tensor.shape.map { .integer($0) }), "bytes": .integer(tensor.byteCount),
                    ]
                }
            ),
        ]
    }
}

extension GGUFValue {
    /// The value for programs; of arrays the element type and length, because vocabularies are arrays.
    fileprivate var json: JSONValue {
        if let text { return .string(text) }
        if let string { return ["bytes": .integer(string.bytes.count), "encoding": "not UTF-8"] }
        if let bool { return .bool(bool) }
        if let integer { return .integer(integer) }
        if let number { return number.isFinite ? .number(number) : .string("\(number)") }
        if let array { return ["elements": .string("\(array.elementType)"), "count": .integer(array.count)] }
        return .null
    }
}
