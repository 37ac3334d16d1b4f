import TensorFile

/// A safetensors file being written, streaming: byte for byte what the reference library writes.
///
/// The file appears under its name when it is complete, and not before.
public final class SafetensorsWriter: TensorSink {
    /// The tensors in the order in which their bytes must come: by type, largest alignment first, then by the bytes of
    /// their names.
    public let order: [TensorDescriptor]
    private let output: OutputFile
    private let headerSize: Int
    private let dataSize: Int

    /// Starts the file at `path` by writing its header.
    ///
    /// The order of `metadata` is kept (the reference's is random). `headerReserve` spaces are left behind the header's
    /// text, so that its metadata can grow in place. Refused are types that the format does not know, names that are
    /// empty, reserved, doubled, longer than 4 KiB or that hold control characters, and doubled metadata keys.
    public init(
        _ path: String,
        tensors: [TensorDescriptor],
        metadata: [(key: String, value: String)] = [],
        headerReserve: Int = 0,
        replacing: Bool = false
    ) throws(TensorFileError) {
        do throws(TensorFileError) {
            try SafetensorsFormat.checkWritable(tensors, metadata)
            order = tensors.sorted(by: SafetensorsFormat.isWrittenBefore)
            let header = try HeaderText(tensors: order, metadata: metadata, reserve: headerReserve)
            output = try OutputFile(path, replacing: replacing)
            try output.append(header.bytes)
        } catch {
            throw error.inFile(path)
        }
        headerSize = output.size
        // Proved above to be below 2^63.
        dataSize = order.reduce(0) { $0 + $1.byteCount }
    }

    /// Bytes of tensors that are still to come.
    public var remaining: Int { headerSize + dataSize - output.size }

    /// Appends bytes of the current tensor; a chunk may span several tensors.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
        guard bytes.count <= remaining else {
            throw misuse("\(bytes.count) bytes were appended where \(remaining) are left to write")
        }
        try output.append(bytes)
    }

    /// Checks that every tensor is complete, flushes, and moves the file into place.
    public func finish() throws(TensorFileError) {
        try seal()
        try output.commit()
    }

    /// Checks that every tensor is complete, and flushes; `finish` is left to do.
    func seal() throws(TensorFileError) {
        guard remaining == 0 else {
            throw misuse("tensor \"\(currentName)\" is not complete: \(remaining) bytes are missing in all")
        }
        try output.seal()
    }

    private var currentName: String {
        var end = headerSize
        for tensor in order {
            end += tensor.byteCount
            if end > output.size { return tensor.name }
        }
        return ""
    }

    private func misuse(_ cause: String) -> TensorFileError {
        TensorFileError(
            .mismatch,
            file: output.path,
            place: "writing",
            cause: cause,
            remedy: "append exactly the bytes that the tensors' types and shapes declare"
        )
    }
}

extension SafetensorsFormat {
    /// The reference's order of writing.
    static func isWrittenBefore(_ one: TensorDescriptor, _ other: TensorDescriptor) -> Bool {
        let ranks = (writingRank[one.type] ?? .max, writingRank[other.type] ?? .max)
        return ranks.0 != ranks.1 ? ranks.0 < ranks.1 : TensorName(one.name) < TensorName(other.name)
    }

    /// Refuses what this library's strict reader, or the reference, could not read back.
    static func checkWritable(
        _ tensors: [TensorDescriptor],
        _ metadata: [(key: String, value: String)]
    ) throws(TensorFileError) {
        var names: Set<TensorName> = []
        var total = 0
        for tensor in tensors {
            func refusal(_ kind: TensorFileError.Kind, _ cause: String, _ remedy: String) -> TensorFileError {
                TensorFileError(kind, place: "tensor \"\(tensor.name)\"", cause: cause, remedy: remedy)
            }
            guard writingRank[tensor.type] != nil else {
                throw refusal(
                    .unsupported,
                    "safetensors has no type \(tensor.type.name)",
                    "convert the tensor, to F16 for instance, or write another format"
                )
            }
            guard tensor.shape.count <= rankLimit else {
                throw refusal(.limit, "\(tensor.shape.count) dimensions, the limit is \(rankLimit)", "reshape it")
            }
            let isReserved = TensorName(tensor.name) == TensorName(metadataKey)
            let fault: (kind: TensorFileError.Kind, cause: String)? =
                isReserved
                ? (.malformed, "the name is reserved for the metadata")
                : tensor.name.isEmpty ? (.malformed, "the name is empty") : nameFault(tensor.name)
            if let fault { throw refusal(fault.kind, fault.cause, "rename the tensor") }
            guard names.insert(TensorName(tensor.name)).inserted else {
                throw refusal(.duplicate, "duplicate name: two tensors are called so", "rename one of them")
            }
            guard let sum = total.adding(exactly: tensor.byteCount) else {
                throw refusal(.overflow, "size overflow: the tensors together take more than 2^63 bytes", "write fewer")
            }
            total = sum
        }
        try checkUnique(metadata)
    }

    static func checkUnique(_ metadata: [(key: String, value: String)]) throws(TensorFileError) {
        var keys: Set<TensorName> = []
        for (key, _) in metadata where !keys.insert(TensorName(key)).inserted {
            throw TensorFileError(
                .duplicate,
                place: metadataKey,
                cause: "the metadata key \"\(key)\" stands twice",
                remedy: "give each key once"
            )
        }
    }
}
