import TensorFile

/// A SHA-256 in lower-case hexadecimal digits.
public struct FileDigest: Hashable, Sendable {
    /// The 64 digits.
    public let hexadecimal: String

    /// The digest of the whole of `file`, read in pieces.
    public init(of file: InputFile) throws(TensorFileError) {
        var hash = SHA256()
        var offset = 0
        while offset < file.size {
            let piece = try file.bytes(at: offset, count: min(1 << 20, file.size - offset))
            piece.withUnsafeBytes { hash.update($0) }
            offset += piece.count
        }
        hexadecimal = hash.finalize()
    }

    fileprivate init(hexadecimal: String) {
        self.hexadecimal = hexadecimal
    }

    /// The digest of `bytes`.
    public init(of bytes: [UInt8]) {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        hexadecimal = hash.finalize()
    }
}

/// A digest of bytes that come in pieces.
public struct DigestStream {
    private var hash = SHA256()

    /// Nothing taken in yet.
    public init() {}

    /// Takes in `bytes`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }

    /// The digest of everything taken in; nothing may follow.
    public mutating func finalize() -> FileDigest { FileDigest(hexadecimal: hash.finalize()) }
}

extension TensorSource {
    /// The digest of `tensor`'s bytes, little-endian and in C order: equal wherever the values are stored.
    public func digest(of tensor: TensorDescriptor) throws -> FileDigest {
        var hash = SHA256()
        try stream(tensor, chunkBytes: 1 << 20) { hash.update($0) }
        return FileDigest(hexadecimal: hash.finalize())
    }
}
