#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that appears whole or not at all: it is written beside its place and renamed after everything is on the disk.
///
/// An object that is dropped before `commit` removes what it wrote.
public final class OutputFile {
    /// Where the file will stand.
    public let path: String
    /// Bytes written so far.
    public private(set) var size = 0
    private let pending: PendingOutput
    private let descriptor: Int32
    /// Bytes of which the system was told that they can go to the disk.
    private var released = 0
    private var isOpen = true
    private var isCommitted = false

    /// Starts the file. An existing file at `path` is an error unless it may be replaced.
    public init(_ path: String, replacing: Bool) throws(TensorFileError) {
        if !replacing { try OutputFile.requireAbsence(of: path) }
        self.path = path
        pending = PendingOutput(for: path)
        descriptor = open(pending.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            let error = systemError("creating", file: path)
            pending.forget()
            throw error
        }
    }

    deinit {
        if isOpen { close(descriptor) }
        if !isCommitted { pending.remove() }
    }

    /// Throws where something stands at `path`: for outputs of several files, before the first is written.
    public static func requireAbsence(of path: String) throws(TensorFileError) {
        if access(path, F_OK) == 0 { throw PendingOutput.existsError(path) }
    }

    /// Appends `bytes`.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
        var done = 0
        while done < bytes.count {
            let count = retryingInterrupted {
                write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            }
            guard count > 0 else { throw systemError("writing byte \(size + done)", file: path) }
            done += count
        }
        size += bytes.count
        release()
    }

    /// Lets the disk begin with what is written while more is computed, so that little is left for the flush at the end. (Linux
    /// starts writing pages that are declared unneeded, and keeps them in the cache until they are written.)
    private func release() {
        #if os(Linux)
        guard size - released >= 1 << 23 else { return }
        _ = posix_fadvise(descriptor, off_t(released), off_t(size - released), POSIX_FADV_DONTNEED)
        released = size
        #endif
    }

    /// Appends `bytes`.
    public func append(_ bytes: [UInt8]) throws(TensorFileError) {
        var failure: TensorFileError?
        bytes.withUnsafeBytes { buffer in
            do throws(TensorFileError) { try append(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Overwrites bytes that were written before (headers whose values are known only at the end).
    public func overwrite(_ bytes: [UInt8], at offset: Int) throws(TensorFileError) {
        let written = bytes.withUnsafeBytes { buffer in
            retryingInterrupted { pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
        }
        guard written == bytes.count else { throw systemError("writing byte \(offset)", file: path) }
    }

    /// Flushes to the disk and gives the descriptor back; nothing can be written after that. `commit` does it by itself.
    public func seal() throws(TensorFileError) {
        guard isOpen else { return }
        guard fsync(descriptor) == 0 else { throw systemError("flushing", file: path) }
        isOpen = false
        close(descriptor)
    }

    /// Flushes to the disk and renames into place.
    public func commit() throws(TensorFileError) {
        guard !isCommitted else { return }
        try seal()
        try pending.moveIntoPlace(replacing: true)
        isCommitted = true
    }
}
