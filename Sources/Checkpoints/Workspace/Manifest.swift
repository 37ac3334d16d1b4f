import JSONText
import TensorFile

/// What a workspace records of its source: enough to find it again, know that it is unchanged, and see what was found.
public struct Manifest: Sendable {
    /// One file of the source.
    public struct SourceFile: Sendable, Hashable {
        /// Relative to the workspace.
        public var path: String
        /// Bytes.
        public var size: Int
        /// SHA-256 in hexadecimal digits.
        public var digest: String
    }

    /// The source's path relative to the workspace, as `Checkpoint` opens it.
    public var source: String
    /// The source's container format.
    public var format: ContainerFormat
    /// The files of its weights.
    public var files: [SourceFile]
    /// `model_type`, where known.
    public var modelType: String?
    /// Every table found.
    public var tables: [FoundTable]
    /// The tokenizer's kind and size in words, where one was found.
    public var tokenizer: String?

    /// The version that this code writes; others are refused.
    static let version = 1
}

extension Manifest {
    /// The manifest as JSON.
    var json: JSONValue {
        [
            "seeconv": .integer(Manifest.version),
            "source": .string(source),
            "format": .string(format.rawValue),
            "files": .array(
                files.map { ["path": .string($0.path), "size": .integer($0.size), "sha256": .string($0.digest)] }
            ),
            "modelType": modelType.map { .string($0) } ?? .null,
            "tokenizer": tokenizer.map { .string($0) } ?? .null,
            "tables": .array(
                tables.map { table in
                    [
                        "name": .string(table.name), "tensor": .string(table.tensor.name),
                        "type": .string(table.tensor.type.name),
                        "shape": .array(table.tensor.shape.map { .integer($0) }), "role": .string(table.role.rawValue),
                        "ties": .array(table.ties.map { .string($0) }), "chosen": .bool(table.isChosen),
                        "reason": .string(table.reason),
                    ]
                }
            ),
        ]
    }

    /// Reads the manifest in `file`; every missing or odd field is named in the error.
    init(reading file: InputFile) throws {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: file.bytes(at: 0, count: file.size))
        } catch let error as JSONError {
            throw TensorFileError(
                .malformed,
                file: file.path,
                place: "byte \(error.offset)",
                cause: error.cause,
                remedy: "import the source again"
            )
        }
        func failure(_ field: String) -> TensorFileError {
            TensorFileError(
                .malformed,
                file: file.path,
                place: field,
                cause: "missing or not of the right kind",
                remedy: "import the source again"
            )
        }
        guard json["seeconv"]?.int == Manifest.version else {
            throw TensorFileError(
                .unsupported,
                file: file.path,
                place: "seeconv",
                cause:
                    "workspace version \(json["seeconv"]?.text() ?? "absent"), this program reads \(Manifest.version)",
                remedy: "import the source again"
            )
        }
        guard let source = json["source"]?.string else { throw failure("source") }
        guard let format = json["format"]?.string.flatMap(ContainerFormat.init(rawValue:)) else {
            throw failure("format")
        }
        self.source = source
        self.format = format
        modelType = json["modelType"]?.string
        tokenizer = json["tokenizer"]?.string
        files = try (json["files"]?.elements ?? []).map { entry in
            guard let path = entry["path"]?.string, let size = entry["size"]?.int, let digest = entry["sha256"]?.string
            else {
                throw failure("files")
            }
            return SourceFile(path: path, size: size, digest: digest)
        }
        tables = try (json["tables"]?.elements ?? []).map { entry in
            guard let tensor = entry["tensor"]?.string,
                let type = entry["type"]?.string.flatMap(ElementType.init(named:)),
                let shape = entry["shape"]?.elements?.compactMap(\.int), let chosen = entry["chosen"]?.bool,
                let role = entry["role"]?.string.flatMap(TableRole.init(rawValue:))
            else { throw failure("tables") }
            return FoundTable(
                tensor: try TensorDescriptor(name: tensor, type: type, shape: shape),
                role: role,
                ties: entry["ties"]?.elements?.compactMap(\.string) ?? [],
                reason: entry["reason"]?.string ?? "",
                isChosen: chosen
            )
        }
    }
}
