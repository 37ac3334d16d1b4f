import TensorFile

/// A GGUF file being written, or the files of a split: version 3, little-endian, streamed.
///
/// Same metadata, tensors and split size give the same bytes as Python's `gguf.GGUFWriter`, but for empty strings and arrays,
/// which it drops. Files appear under their names at `finish`, the first file of a split last.
public final class GGUFWriter: TensorSink {
    /// The tensors in the order in which they were given and their bytes must come.
    public let order: [TensorDescriptor]
    /// Where the files will stand.
    public let paths: [String]
    private let outputs: [OutputFile]
    /// The index in `order` behind the last tensor of each file.
    private let shardEnds: [Int]
    private let alignment: Int
    /// The current tensor, its file, and the bytes that it still lacks.
    private var current = 0
    private var shard = 0
    private var missing = 0

    /// Starts the files and writes their headers.
    ///
    /// `metadata` is written as it is, except for the keys of the split; its `general.alignment` is obeyed, 32 otherwise.
    /// Readers want `general.quantization_version` (`GGUFFileType.quantizationVersion`) where a tensor is quantised.
    /// Where `maximumShardBytes` is given and the tensors take more, each file holds as many tensors as fit (at least one)
    /// and the files are named after `path` with "-00001-of-00002" before the ending.
    public init(
        _ path: String,
        metadata: GGUFMetadata,
        tensors: [TensorDescriptor],
        maximumShardBytes: Int? = nil,
        replacing: Bool = false
    ) throws(TensorFileError) {
        do throws(TensorFileError) {
            let encoder = try GGUFHeaderEncoder(metadata)
            try encoder.check(tensors)
            let ends = Self.shardEnds(tensors, maximumBytes: maximumShardBytes)
            let names = try Self.paths(path, count: ends.count)
            let starts = [0] + ends.dropLast()
            var outputs: [OutputFile] = []
            for (index, name) in names.enumerated() {
                let part = tensors[starts[index]..<ends[index]]
                let entries = Self.metadata(metadata, shard: index, of: ends.count, tensorCount: tensors.count)
                let header = try encoder.header(entries, part)
                let output = try OutputFile(name, replacing: replacing)
                try output.append(header)
                outputs.append(output)
            }
            order = tensors
            paths = names
            shardEnds = ends
            alignment = encoder.alignment
            self.outputs = outputs
        } catch {
            throw error.inFile(path)
        }
        missing = order.first?.byteCount ?? 0
        skipEmptyTensors()
    }

    /// Appends bytes of the current tensor, and its padding after its last byte.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count <= missing else {
            let name = current < order.count ? order[current].name : order.last?.name ?? ""
            throw TensorFileError(
                .mismatch,
                file: paths[shard],
                place: "tensor \"\(name)\"",
                cause: "\(bytes.count) bytes were given, \(missing) are missing",
                remedy: "hand over each tensor's bytes alone and in order"
            )
        }
        try outputs[shard].append(bytes)
        missing -= bytes.count
        guard missing == 0, current < order.count else { return }
        let excess = outputs[shard].size % alignment
        if excess > 0 { try outputs[shard].append([UInt8](repeating: 0, count: alignment - excess)) }
        advance()
        skipEmptyTensors()
    }

    /// Checks that nothing is missing and moves the files into place.
    public func finish() throws {
        guard current == order.count else {
            throw TensorFileError(
                .mismatch,
                file: paths[shard],
                place: "tensor \"\(order[current].name)\"",
                cause: "\(missing) bytes are missing at the end",
                remedy: "hand over every tensor before finishing"
            )
        }
        // Whoever finds the first file of a split finds all.
        for output in outputs.reversed() { try output.commit() }
    }

    private func advance() {
        current += 1
        missing = current < order.count ? order[current].byteCount : 0
        while shard + 1 < shardEnds.count, current >= shardEnds[shard] { shard += 1 }
    }

    private func skipEmptyTensors() {
        while current < order.count, missing == 0 { advance() }
    }

    /// Where each file ends: before the tensor that would take its data beyond the bound.
    private static func shardEnds(_ tensors: [TensorDescriptor], maximumBytes: Int?) -> [Int] {
        guard let maximumBytes else { return [tensors.count] }
        var ends: [Int] = []
        var start = 0
        var size = 0
        for (index, tensor) in tensors.enumerated() {
            let (grown, overflow) = size.addingReportingOverflow(tensor.byteCount)
            if index > start, overflow || grown > maximumBytes {
                ends.append(index)
                start = index
                size = tensor.byteCount
            } else {
                size = grown
            }
        }
        return ends + [tensors.count]
    }

    private static func paths(_ path: String, count: Int) throws(TensorFileError) -> [String] {
        guard count > 1 else { return [path] }
        guard count <= Int(UInt16.max) else {
            throw TensorFileError(
                .limit,
                place: "split",
                cause: "\(count) files; the format counts up to \(UInt16.max)",
                remedy: "allow larger files"
            )
        }
        let prefix = path.hasSuffix(".gguf") ? String(path.dropLast(5)) : path
        return (1...count).map { GGUFSplitName(prefix: prefix, number: $0, count: count).path }
    }

    /// The metadata of one file: all in the first, then the keys of the split.
    private static func metadata(
        _ metadata: GGUFMetadata,
        shard: Int,
        of count: Int,
        tensorCount: Int
    ) -> GGUFMetadata {
        var entries = shard == 0 ? metadata : GGUFMetadata()
        entries.removeAll { GGUFSplit.keys.contains($0.key) }
        guard count > 1 else { return entries }
        if shard > 0, let alignment = metadata[.alignment] { entries[.alignment] = alignment }
        entries[.splitNumber] = .uint16(UInt16(shard))
        entries[.splitCount] = .uint16(UInt16(count))
        entries[.splitTensorCount] = .int32(Int32(clamping: tensorCount))
        return entries
    }
}
