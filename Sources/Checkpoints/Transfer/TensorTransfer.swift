import LinearAlgebra
import TensorFile

/// Streams tensors into a sink, converting on the way, with memory bounded by a few chunks.
public struct TensorTransfer {
    /// What to do with values that the target type would lose.
    public var nonFinite: ValueCodec.NonFinitePolicy
    /// Bytes of source or target values handled at a time.
    var chunkBytes = 1 << 20

    /// A transfer with the given policy.
    public init(nonFinite: ValueCodec.NonFinitePolicy = .refuse) {
        self.nonFinite = nonFinite
    }

    /// Writes all of `sink.order`, taking each tensor's content from `outputs`, and finishes the sink.
    ///
    /// `progress` hears of every piece's bytes as they are written.
    public func run(_ outputs: [OutputTensor], into sink: any TensorSink, progress: (Int) -> Void) throws {
        let byName = Dictionary(outputs.map { (Array($0.descriptor.name.utf8), $0) }) { first, _ in first }
        var order = sink.order[...]
        while let descriptor = order.popFirst() {
            guard let output = byName[Array(descriptor.name.utf8)] else {
                throw TensorFileError(
                    .missing,
                    place: "tensor \"\(descriptor.name)\"",
                    cause: "the output has no content for it",
                    remedy: "report this as a defect"
                )
            }
            do {
                try write(output, into: sink, progress: progress)
            } catch let error as TensorFileError where error.kind == .value {
                let others = try order.filter { try loses(byName[Array($0.name.utf8)], progress: progress) }
                throw TensorFileError(
                    .value,
                    file: error.file,
                    place: "tensor \"\(descriptor.name)\", \(error.place)",
                    cause: error.cause + Self.listing(others),
                    remedy: error.remedy
                )
            }
        }
        try sink.finish()
    }

    /// Whether `output` has values that its type would lose: converted once more and thrown away, so that the user hears of all
    /// such tensors at once.
    private func loses(_ output: OutputTensor?, progress: (Int) -> Void) throws -> Bool {
        guard let output else { return false }
        do {
            try write(output, into: DiscardingSink(), progress: progress)
            return false
        } catch let error as TensorFileError where error.kind == .value { return true }
    }

    private static func listing(_ others: [TensorDescriptor]) -> String {
        guard !others.isEmpty else { return "" }
        let names = others.prefix(20).map { "\"\($0.name)\"" }.joined(separator: ", ")
        return "; so it is with \(others.count) other tensors: \(names)\(others.count > 20 ? ", …" : "")"
    }

    private func write(_ output: OutputTensor, into sink: any TensorSink, progress: (Int) -> Void) throws {
        switch output.content {
        case .bytes(let bytes):
            try bytes.withUnsafeBytes { try sink.append($0) }
            progress(bytes.count)
        case .rows(let rows, let exact):
            try writeRows(of: output.descriptor, rows, exact, into: sink, progress: progress)
        case .stored(let tensor, let source):
            try copy(tensor, of: source, as: output.descriptor.type, into: sink, progress: progress)
        case .bits(let tensor, let source):
            try copy(tensor, of: source, as: tensor.type, into: sink, progress: progress)
        }
    }

    private func writeRows(
        of descriptor: TensorDescriptor,
        _ rows: (Range<Int>) throws -> [Float],
        _ exact: [Int: ArraySlice<UInt8>],
        into sink: any TensorSink,
        progress: (Int) -> Void
    ) throws {
        let rowLength = max(1, descriptor.rowLength)
        let step = max(1, chunkBytes / 4 / rowLength)
        let converter = ChunkConverter(from: .float32, to: descriptor.type, nonFinite: nonFinite)
        for first in stride(from: 0, to: descriptor.rowCount, by: step) {
            let range = first..<min(first + step, descriptor.rowCount)
            let values = try rows(range)
            var bytes = try values.withUnsafeBytes { try converter.converted($0, firstElement: first * rowLength) }
            for (i, row) in range.enumerated() {
                guard let own = exact[row] else { continue }
                bytes.replaceSubrange(i * own.count..<(i + 1) * own.count, with: own)
            }
            try bytes.withUnsafeBytes { try sink.append($0) }
            progress(bytes.count)
        }
    }

    private func copy(
        _ tensor: TensorDescriptor,
        of source: any TensorSource,
        as type: ElementType,
        into sink: any TensorSink,
        progress: (Int) -> Void
    ) throws {
        let converter = ChunkConverter(from: tensor.type, to: type, nonFinite: nonFinite)
        let chunk = converter.sourceChunk(atMost: chunkBytes)
        if let location = source.location(of: tensor) {
            try ChunkPipeline(location: location, chunk: chunk, converter: converter).run(
                into: sink,
                progress: progress
            )
            return
        }
        // A stream's chunks may end anywhere between blocks of the source; the target's blocks may be longer.
        var pending: [UInt8] = []
        var done = 0
        func flush(_ count: Int) throws {
            let bytes = try pending.withUnsafeBytes {
                try converter.converted(UnsafeRawBufferPointer(rebasing: $0[..<count]), firstElement: done)
            }
            done += count / tensor.type.geometry.bytes * tensor.type.geometry.elements
            try bytes.withUnsafeBytes { try sink.append($0) }
            progress(bytes.count)
            pending.removeFirst(count)
        }
        try source.stream(tensor, chunkBytes: chunk) { bytes in
            pending.append(contentsOf: bytes)
            try flush(pending.count / converter.sourceUnit * converter.sourceUnit)
        }
        if !pending.isEmpty { try flush(pending.count) }
    }
}

/// A sink that keeps nothing.
private final class DiscardingSink: TensorSink {
    let order: [TensorDescriptor] = []
    func append(_ bytes: UnsafeRawBufferPointer) {}
    func finish() {}
}
