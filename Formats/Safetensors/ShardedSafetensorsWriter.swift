import JSONText
import TensorFile

/// A sharded checkpoint being written, streaming: `model-00001-of-000NN.safetensors` and `model.safetensors.index.json`.
///
/// Everything appears under its name when all of it is complete, the index last. Where one shard suffices, it is a single
/// file without an index.
public final class ShardedSafetensorsWriter: TensorSink {
    /// The tensors in the order in which their bytes must come: shard by shard, each in `SafetensorsWriter`'s order.
    public let order: [TensorDescriptor]
    /// The paths of the shards.
    public let shardPaths: [String]
    private let shards: [[TensorDescriptor]]
    private let metadata: [(key: String, value: String)]
    private let indexPath: String?
    private let replacing: Bool
    private var writers: [SafetensorsWriter] = []

    /// Plans the shards of `path` (which ends in `.safetensors`) and starts the first.
    ///
    /// Tensors fill shards in the order given until `maximumShardSize` bytes of data are reached; a larger tensor gets a
    /// shard of its own, as in the Hugging Face libraries. Every shard carries `metadata`.
    public init(
        _ path: String,
        tensors: [TensorDescriptor],
        metadata: [(key: String, value: String)] = [],
        maximumShardSize: Int = 5_000_000_000,
        replacing: Bool = false
    ) throws(TensorFileError) {
        let suffix = ".safetensors"
        guard path.hasSuffix(suffix) else {
            throw TensorFileError(
                .malformed,
                file: path,
                place: "output",
                cause: "a sharded checkpoint's name must end in \(suffix)",
                remedy: "add the ending"
            )
        }
        do throws(TensorFileError) { try SafetensorsFormat.checkWritable(tensors, metadata) } catch {
            throw error.inFile(path)
        }
        shards = ShardedSafetensorsWriter.plan(tensors, maximumShardSize: maximumShardSize)
            .map { $0.sorted(by: SafetensorsFormat.isWrittenBefore) }
        let (base, count) = (path.dropLast(suffix.count), shards.count)
        shardPaths =
            count == 1
            ? [path] : (1...count).map { "\(base)-\($0.fiveDigits)-of-\(count.fiveDigits)\(suffix)" }
        indexPath = count == 1 ? nil : "\(path).index.json"
        order = shards.flatMap(\.self)
        self.metadata = metadata
        self.replacing = replacing
        if !replacing {
            for file in shardPaths + (indexPath.map { [$0] } ?? []) { try OutputFile.requireAbsence(of: file) }
        }
        try openShards()
    }

    /// Splits `tensors`, in their order, into shards of at most `maximumShardSize` bytes, or of one larger tensor.
    public static func plan(_ tensors: [TensorDescriptor], maximumShardSize: Int) -> [[TensorDescriptor]] {
        var shards: [[TensorDescriptor]] = []
        var current: [TensorDescriptor] = []
        var size = 0
        for tensor in tensors {
            guard tensor.byteCount <= maximumShardSize else {
                shards.append([tensor])
                continue
            }
            if tensor.byteCount > maximumShardSize - size {
                shards.append(current)
                (current, size) = ([], 0)
            }
            current.append(tensor)
            size += tensor.byteCount
        }
        return current.isEmpty && !shards.isEmpty ? shards : shards + [current]
    }

    /// Appends bytes of the current tensor; a chunk may span several tensors and shards.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
        var rest = bytes[...]
        while let writer = writers.last {
            let count = writers.count < shards.count ? min(rest.count, writer.remaining) : rest.count
            try writer.append(UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
            rest = rest.dropFirst(count)
            try openShards()
            if rest.isEmpty { return }
        }
    }

    /// Checks that every tensor is complete, flushes, and moves the shards into place, and after them the index.
    public func finish() throws(TensorFileError) {
        try writers.last?.seal()
        let index = try indexPath.map { path throws(TensorFileError) in
            let output = try OutputFile(path, replacing: replacing)
            try output.append(Array(indexText.utf8))
            try output.seal()
            return output
        }
        for writer in writers { try writer.finish() }
        try index?.commit()
    }

    /// Seals the current shard when it is complete and starts the next; shards without bytes pass at once.
    private func openShards() throws(TensorFileError) {
        while writers.count < shards.count, writers.last?.remaining ?? 0 == 0 {
            try writers.last?.seal()
            let next = writers.count
            writers.append(
                try SafetensorsWriter(
                    shardPaths[next],
                    tensors: shards[next],
                    metadata: metadata,
                    replacing: replacing
                )
            )
        }
    }

    private var indexText: String {
        let files = shardPaths.map { path in
            path.lastIndex(of: "/").map { String(path[$0...].dropFirst()) } ?? path
        }
        let entries = zip(shards, files).flatMap { shard, file in shard.map { ($0.name, file) } }
            .sorted { TensorName($0.0) < TensorName($1.0) }
        let total = order.reduce(0) { $0 + $1.byteCount }
        let index: JSONValue = [
            "metadata": ["total_size": .integer(total)],
            "weight_map": .object(entries.map { JSONValue.Member(key: $0.0, value: .string($0.1)) }),
        ]
        return index.text(.indented) + "\n"
    }
}

extension Int {
    fileprivate var fiveDigits: String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, 5 - digits.count)) + digits
    }
}
