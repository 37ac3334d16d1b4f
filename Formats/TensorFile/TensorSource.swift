/// A container open for reading: its tensors, and their bytes as a stream or at a place in a file.
public protocol TensorSource: Sendable {
    /// The container's format.
    var format: ContainerFormat { get }
    /// The path of the file, or of the index or first file where there are several.
    var path: String { get }
    /// The tensors in the container's own order; names are unique.
    var tensors: [TensorDescriptor] { get }
    /// What a careful reader may want to know: oddities that were accepted.
    var warnings: [String] { get }

    /// The tensor called `name`, byte for byte.
    func tensor(named name: String) -> TensorDescriptor?

    /// Where `tensor`'s bytes stand, when they stand in one piece: little-endian, C order, uncompressed.
    func location(of tensor: TensorDescriptor) -> TensorLocation?

    /// Calls `body` with `tensor`'s bytes from first to last, little-endian and in C order, in chunks of whole blocks of
    /// its type and at most `chunkBytes` (or one block).
    func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws
}

/// A tensor's bytes in a file.
public struct TensorLocation: Sendable {
    /// The file that holds them.
    public let file: InputFile
    /// Offset of the first byte.
    public let offset: Int
    /// Number of bytes.
    public let byteCount: Int

    /// `byteCount` bytes of `file` from `offset` on.
    public init(file: InputFile, offset: Int, byteCount: Int) {
        self.file = file
        self.offset = offset
        self.byteCount = byteCount
    }
}

/// The containers that the package reads and writes.
public enum ContainerFormat: String, CaseIterable, Sendable {
    /// safetensors, GGUF, a NumPy archive, a single NumPy array.
    case safetensors, gguf, npz, npy
}

extension TensorSource {
    /// The tensor called `name`, found by looking at each.
    public func tensor(named name: String) -> TensorDescriptor? {
        tensors.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// Streams a tensor that stands in one piece; `location(of:)` must know it.
    public func streamLocated(
        _ tensor: TensorDescriptor,
        at location: TensorLocation,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let block = tensor.type.geometry.bytes
        let chunk = max(block, chunkBytes / block * block)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(chunk, location.byteCount), alignment: 64)
        defer { buffer.deallocate() }
        var done = 0
        while done < location.byteCount {
            let count = min(chunk, location.byteCount - done)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            try location.file.read(at: location.offset + done, into: part)
            try body(UnsafeRawBufferPointer(part))
            done += count
        }
    }
}
