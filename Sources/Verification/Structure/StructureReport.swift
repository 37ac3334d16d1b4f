import Checkpoints
import GGUF
import LinearAlgebra
import NumPy
import Safetensors
import TensorFile

/// A checkpoint looked at without a reference: what its containers hide or break, which values are no numbers, and a
/// checksum of every tensor.
public struct StructureReport: Sendable {
    /// A tensor, and what a reading of all its bytes showed.
    public struct CheckedTensor: Hashable, Sendable {
        /// Name, type and shape.
        public let descriptor: TensorDescriptor
        /// SHA-256 of the bytes, little-endian and in C order: equal wherever the same values are stored in the same type.
        /// Nil where the container's own checksum, or its bytes, say that they are damaged.
        public let digest: FileDigest?
        /// Blocks with a NaN or infinite scale; of plain floats the NaN and infinite values.
        public let nonFiniteCount: Int
        /// The first of them, counted from 0.
        public let firstNonFinite: Int?
    }

    /// The path that was looked at.
    public let path: String
    /// The container's format.
    public let format: ContainerFormat
    /// The tensors in the container's order.
    public let tensors: [CheckedTensor]
    /// What was found in the containers, then what was found in the values.
    public let findings: [StructureFinding]

    /// Whether nothing was found that breaks the format or could hide something; notes do not count.
    public var isClean: Bool { !findings.contains { $0.severity == .warning } }

    /// Reads the checkpoint at `path` wholly, as leniently as its readers can, so that what they let through is reported.
    ///
    /// `progress` hears of every tensor's bytes as they have been read, from any thread.
    /// - Throws: where the checkpoint cannot be read at all.
    public init(of path: String, hints: NumPyHints = NumPyHints(), progress: @Sendable (Int) -> Void = { _ in }) throws
    {
        let checkpoint = try Checkpoint(opening: path, strictness: .lenient, hints: hints)
        let source = checkpoint.source
        let all = source.tensors
        let checked = try Parallel.mapChunks(of: all.count, size: 1) { range throws in
            let result = try Self.check(all[range.lowerBound], in: source)
            progress(all[range.lowerBound].byteCount)
            return result
        }
        self.path = path
        format = source.format
        tensors = checked.map(\.tensor)
        findings = try Self.containerFindings(of: source) + checked.compactMap(\.finding)
    }

    private static func containerFindings(of source: any TensorSource) throws -> [StructureFinding] {
        switch source {
        case let file as SafetensorsFile: file.header.structureFindings()
        case let sharded as ShardedSafetensors: sharded.structureFindings()
        case let model as GGUFModel: try model.structureFindings()
        default: source.warnings.map { StructureFinding(.warning, place: source.format.rawValue, $0) }
        }
    }

    private static func check(
        _ tensor: TensorDescriptor,
        in source: any TensorSource
    ) throws -> (tensor: CheckedTensor, finding: StructureFinding?) {
        let place = "tensor \"\(tensor.name)\""
        var scan = NonFiniteScan(tensor.type)
        var hash = DigestStream()
        do {
            try source.stream(tensor, chunkBytes: 1 << 20) { bytes in
                hash.update(bytes)
                try scan.update(bytes)
            }
        } catch let error as TensorFileError where [.mismatch, .malformed].contains(error.kind) {
            // A checksum or packed stream that is wrong: the report is about just that.
            let damaged = CheckedTensor(descriptor: tensor, digest: nil, nonFiniteCount: 0, firstNonFinite: nil)
            return (damaged, StructureFinding(.warning, place: place, "\(error.place): \(error.cause)"))
        }
        let checked = CheckedTensor(
            descriptor: tensor,
            digest: hash.finalize(),
            nonFiniteCount: scan.count,
            firstNonFinite: scan.first
        )
        return (checked, scan.finding(at: place))
    }
}

/// Counts the blocks with scales that are no numbers, and the plain floats that are none, over a stream of chunks.
private struct NonFiniteScan {
    let type: ElementType
    var count = 0
    var first: Int?
    private var seen = 0

    init(_ type: ElementType) { self.type = type }

    mutating func update(_ bytes: UnsafeRawBufferPointer) throws {
        defer { seen += bytes.count / type.geometry.bytes }
        // Complex numbers have no scale and no rule.
        guard type.isDecodable || type.isBlockQuantised else { return }
        let found = try ValueCodec.nonFiniteBlocks(in: bytes, as: type, limit: .max)
        count += found.count
        if first == nil, let place = found.first { first = seen + place }
    }

    func finding(at place: String) -> StructureFinding? {
        guard let first else { return nil }
        let text =
            type.isBlockQuantised
            ? "\(count) blocks of \(type.name) have a NaN or infinite scale, the first is block \(first)"
            : "\(count) values are NaN or infinite, the first is element \(first)"
        return StructureFinding(.warning, place: place, text)
    }
}
