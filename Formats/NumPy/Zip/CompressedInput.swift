import TensorFile

/// The packed bytes of a member, read ahead in pieces.
final class CompressedInput {
    private let file: InputFile
    private var offset: Int
    /// Packed bytes that have not been read from the file.
    private(set) var left: Int
    /// Where pieces are read to. Pieces start small, because headers are often all that is wanted, and grow.
    private let buffer: UnsafeMutableRawBufferPointer
    private var pieceBytes = 1 << 10

    init(_ member: ZipMember, in file: InputFile) {
        self.file = file
        offset = member.dataOffset
        left = member.entry.compressedSize
        buffer = .allocate(byteCount: min(left, 256 << 10), alignment: 64)
    }

    deinit {
        buffer.deallocate()
    }

    /// The next piece, valid until the next call; empty at the end.
    func next() throws(TensorFileError) -> UnsafeRawBufferPointer {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, pieceBytes, buffer.count)])
        try file.read(at: offset, into: piece)
        offset += piece.count
        left -= piece.count
        pieceBytes = min(pieceBytes * 4, buffer.count)
        return UnsafeRawBufferPointer(piece)
    }
}

/// Unpacks one member.
protocol MemberDecoder: AnyObject {
    /// Unpacks until `buffer` is full or the packed stream has ended; returns the number of bytes written.
    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError) -> Int

    /// True when the packed stream has ended and no packed byte is left over.
    var isExhausted: Bool { get }
}

/// The error for packed bytes that make no sense.
func corruptStream(_ cause: String) -> TensorFileError {
    TensorFileError(
        .malformed,
        place: "packed data",
        cause: cause,
        remedy: "the file is damaged; fetch it again"
    )
}
