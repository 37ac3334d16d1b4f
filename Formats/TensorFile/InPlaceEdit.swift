#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension InputFile {
    /// Overwrites bytes of the file where it stands and flushes them.
    ///
    /// Nothing protects the old bytes: a power cut in between may leave a mixture. The path must still name the file that
    /// was opened.
    public func overwriteInPlace(_ bytes: [UInt8], at offset: Int) throws(TensorFileError) {
        guard offset >= 0, offset <= size, bytes.count <= size - offset else {
            throw TensorFileError(
                .truncated,
                file: path,
                place: "byte \(offset)",
                cause: "\(bytes.count) bytes do not fit into the file's \(size)",
                remedy: "write the file anew"
            )
        }
        guard case .file(let descriptor) = content else {
            throw TensorFileError(
                .unsupported,
                file: path,
                place: "opening for writing",
                cause: "the bytes are in memory, not in a file",
                remedy: "write the file anew"
            )
        }
        let writable = open(path, O_WRONLY | O_CLOEXEC)
        guard writable >= 0 else { throw systemError("opening for writing", file: path) }
        defer { close(writable) }
        var (mine, other) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, fstat(writable, &other) == 0 else {
            throw systemError("reading the size", file: path)
        }
        guard mine.st_ino == other.st_ino, mine.st_dev == other.st_dev else {
            throw TensorFileError(
                .system,
                file: path,
                place: "opening for writing",
                cause: "the file was replaced meanwhile",
                remedy: "run again when nothing writes to it"
            )
        }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                retryingInterrupted {
                    pwrite(writable, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
                }
            }
            guard count > 0 else { throw systemError("writing byte \(offset + done)", file: path) }
            done += count
        }
        guard fsync(writable) == 0 else { throw systemError("flushing", file: path) }
    }
}
