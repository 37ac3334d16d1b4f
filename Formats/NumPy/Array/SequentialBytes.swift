import TensorFile

/// Bytes that are had once, from first to last.
protocol SequentialBytes: AnyObject {
    /// Fills `buffer` with the next bytes.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError)

    /// Passes over the rest, checking what `finish` will need.
    func discardRest() throws(TensorFileError)

    /// Demands that this was all, and that it was right.
    func finish() throws(TensorFileError)
}

extension SequentialBytes {
    /// The next `count` bytes; for headers, whose size has been checked.
    func read(_ count: Int) throws(TensorFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var failure: TensorFileError?
        bytes.withUnsafeMutableBytes { buffer in
            do throws(TensorFileError) { try read(into: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// The bytes of a file from some place on.
final class FileBytes: SequentialBytes {
    private let file: InputFile
    private(set) var offset: Int

    init(_ file: InputFile, at offset: Int = 0) {
        self.file = file
        self.offset = offset
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError) {
        try file.read(at: offset, into: buffer)
        offset += buffer.count
    }

    // A plain file has no checksum: there is nothing to read the rest for.
    func discardRest() {}

    func finish() {}
}
