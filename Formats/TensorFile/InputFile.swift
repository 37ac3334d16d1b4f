#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A regular file open for reading at any place, by any number of threads; or bytes in memory that stand for one.
///
/// Reads use `pread`, so a file that is cut short meanwhile gives an error; under a mapping it would be a signal.
public final class InputFile: Sendable {
    /// The path as the caller gave it; the name given to bytes in memory.
    public let path: String
    /// The size in bytes when the file was opened.
    public let size: Int
    let content: Content

    /// Where the bytes are.
    enum Content: Sendable {
        case file(descriptor: Int32)
        case memory([UInt8])
    }

    /// Opens the regular file at `path`.
    public init(_ path: String) throws(TensorFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("opening", file: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = systemError("reading the size", file: path)
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw TensorFileError(
                .unsupported,
                file: path,
                place: "opening",
                cause: "not a regular file",
                remedy: "name a file, or the model's folder where a folder is allowed"
            )
        }
        self.path = path
        self.size = Int(status.st_size)
        content = .file(descriptor: descriptor)
    }

    /// Stands for a file of the content `bytes`, called `name` in messages: for what came over a network or out of an archive.
    public init(bytes: [UInt8], name: String) {
        path = name
        size = bytes.count
        content = .memory(bytes)
    }

    deinit {
        if case .file(let descriptor) = content { close(descriptor) }
    }

    /// Reads exactly `buffer.count` bytes from `offset` on.
    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError) {
        guard offset >= 0, offset <= size, buffer.count <= size - offset else {
            throw TensorFileError(
                .truncated,
                file: path,
                place: "byte \(offset)",
                cause: "\(buffer.count) bytes needed, the file has \(size)",
                remedy: "the file is cut short; fetch it again"
            )
        }
        switch content {
        case .file(let descriptor): try read(descriptor, at: offset, into: buffer)
        case .memory(let bytes):
            bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + buffer.count])) }
        }
    }

    private func read(_ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
        throws(TensorFileError)
    {
        var done = 0
        while done < buffer.count {
            let count = retryingInterrupted {
                pread(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
            }
            guard count >= 0 else { throw systemError("reading byte \(offset + done)", file: path) }
            guard count > 0 else {
                throw TensorFileError(
                    .truncated,
                    file: path,
                    place: "byte \(offset + done)",
                    cause: "the file was cut short while it was read",
                    remedy: "run again when nothing writes to it"
                )
            }
            done += count
        }
    }

    /// The `count` bytes from `offset` on.
    public func bytes(at offset: Int, count: Int) throws(TensorFileError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
            throw TensorFileError(
                .truncated,
                file: path,
                place: "byte \(offset)",
                cause: "\(count) bytes needed, the file has \(size)",
                remedy: "the file is cut short; fetch it again"
            )
        }
        var failure: TensorFileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            preferLargePages(for: UnsafeMutableRawBufferPointer(buffer))
            do throws(TensorFileError) {
                try read(
                    at: offset,
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
                )
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
