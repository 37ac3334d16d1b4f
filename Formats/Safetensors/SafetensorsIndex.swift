import JSONText
import TensorFile

/// The index of a sharded checkpoint, `*.safetensors.index.json`: which file holds which tensor.
public struct SafetensorsIndex: Sendable {
    /// The longest index, in bytes: that of a header, and ten times the largest known.
    public static let byteLimit = 100_000_000
    /// The most tensors of an index: fifty times the largest known.
    public static let entryLimit = 5_000_000

    /// The files' names in the order of their bytes; each is a plain name in the index's folder.
    public let shards: [String]
    /// The sum of all tensors' bytes that the index claims; nil where it claims none.
    public let totalSize: Int?
    /// What reading noticed.
    public let findings: [StructureFinding]
    /// Each tensor's file, as an index into `shards`.
    let shardByTensor: [TensorName: Int]

    /// Parses the index's text.
    public init(parsing text: Span<UInt8>) throws(TensorFileError) {
        guard text.count <= SafetensorsIndex.byteLimit else { throw SafetensorsIndex.tooLarge(text.count) }
        var parser = IndexParser()
        do {
            try parser.parse(text)
        } catch let error as TensorFileError {
            throw error
        } catch {
            let prefix = text.extracting(first: min(ForeignFormat.prefixLength, text.count))
                .withUnsafeBufferPointer { Array($0) }
            if let found = ForeignFormat.recognise(prefix: prefix), found != .json {
                throw found.error(insteadOf: "a safetensors index")
            }
            let json = error as? JSONError
            throw TensorFileError(
                json?.isDepthLimit == true ? .limit : .malformed,
                place: "index, byte \(json?.offset ?? 0)",
                cause: "malformed JSON: \(json?.cause ?? "\(error)")",
                remedy: SafetensorsIndex.remedy
            )
        }
        guard parser.hasWeightMap else {
            throw TensorFileError(
                .malformed,
                place: "index",
                cause: "weight_map is missing",
                remedy: SafetensorsIndex.remedy
            )
        }
        // Numbered by first use until here: their order should not depend on the order of the index's lines.
        let order = parser.shards.indices.sorted { TensorName(parser.shards[$0]) < TensorName(parser.shards[$1]) }
        var rank = [Int](repeating: 0, count: order.count)
        for (position, shard) in order.enumerated() { rank[shard] = position }
        shards = order.map { parser.shards[$0] }
        shardByTensor = parser.shardByTensor.mapValues { rank[$0] }
        totalSize = parser.totalSize
        findings = parser.findings
    }

    /// The name of the file that holds the tensor called `name`.
    public func shard(ofTensorNamed name: String) -> String? {
        shardByTensor[TensorName(name)].map { shards[$0] }
    }

    static let remedy = "the index is damaged or hostile; fetch it again"

    static func tooLarge(_ count: Int) -> TensorFileError {
        TensorFileError(
            .limit,
            place: "index",
            cause: "index too large: \(count) bytes, this reader allows \(byteLimit)",
            remedy: remedy
        )
    }
}

/// Reads the index's JSON.
private struct IndexParser {
    var shards: [String] = []
    var shardByTensor: [TensorName: Int] = [:]
    var totalSize: Int?
    var hasWeightMap = false
    var findings: [StructureFinding] = []
    private var shardNumbers: [TensorName: Int] = [:]

    mutating func parse(_ text: Span<UInt8>) throws {
        var reader = JSONReader(text)
        try reader.readObject { key, reader in
            switch key {
            case "weight_map": try readWeightMap(&reader)
            case "metadata": try readMetadata(&reader)
            default: try reader.skip()
            }
        }
        try reader.finish()
        if totalSize == nil { findings.append(StructureFinding(.warning, place: "index", "no usable total_size")) }
    }

    /// Only `total_size` matters, and a wrong one only to a careful reader.
    private mutating func readMetadata(_ reader: inout JSONReader) throws {
        guard case .integer(let size) = try reader.readValue()["total_size"], size >= 0 else { return }
        totalSize = size
    }

    private mutating func readWeightMap(_ reader: inout JSONReader) throws {
        guard !hasWeightMap else { throw fault(.duplicate, "weight_map", "it stands twice") }
        hasWeightMap = true
        let kind = try reader.peek()
        guard kind == .object else { throw fault(.malformed, "weight_map", "an object expected, not \(kind.name)") }
        try reader.readObject { tensor, reader in
            func place() -> String { "weight_map, tensor \"\(tensor)\"" }
            let kind = try reader.peek()
            guard kind == .string else { throw fault(.malformed, place(), "a file name expected, not \(kind.name)") }
            let file = try reader.readString()
            guard IndexParser.isPlainFileName(file) else {
                throw fault(.malformed, place(), "\"\(file)\" is no plain file name in the index's folder")
            }
            let number = shardNumbers[TensorName(file), default: shards.count]
            if number == shards.count {
                shardNumbers[TensorName(file)] = number
                shards.append(file)
            }
            guard shardByTensor.updateValue(number, forKey: TensorName(tensor)) == nil else {
                throw fault(.duplicate, place(), "the tensor stands twice")
            }
            guard shardByTensor.count <= SafetensorsIndex.entryLimit else {
                throw fault(.limit, "weight_map", "more than \(SafetensorsIndex.entryLimit) tensors")
            }
        }
    }

    /// The name alone is judged: a link in the folder may lead anywhere, as those of download caches do.
    private static func isPlainFileName(_ name: String) -> Bool {
        guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= 255 else { return false }
        return name.unicodeScalars.allSatisfy { scalar in
            scalar != "/" && scalar != "\\" && scalar.properties.generalCategory != .control
        }
    }

    private func fault(_ kind: TensorFileError.Kind, _ place: String, _ cause: String) -> TensorFileError {
        TensorFileError(kind, place: "index, \(place)", cause: cause, remedy: SafetensorsIndex.remedy)
    }
}
