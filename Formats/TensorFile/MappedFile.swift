#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file's bytes in memory as the system pages them in: for random access to weights that are used in place.
/// Of an input that is in memory it is a copy.
///
/// Sendable without the compiler's proof, because the bytes are only ever read. Whoever cuts the file short meanwhile kills the process by a signal: use `InputFile` where that may happen.
public final class MappedFile: @unchecked Sendable {
    /// The path as the caller gave it.
    public let path: String
    /// The mapped bytes; valid as long as this object lives.
    public let buffer: UnsafeRawBufferPointer
    private let isMapping: Bool

    /// Maps the whole of `file`, read only.
    public init(_ file: InputFile) throws(TensorFileError) {
        path = file.path
        guard file.size > 0 else {
            isMapping = false
            buffer = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard case .file(let descriptor) = file.content else {
            isMapping = false
            // Aligned as a mapping is.
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: file.size, alignment: 4096)
            try file.read(at: 0, into: copy)
            buffer = UnsafeRawBufferPointer(copy)
            return
        }
        let address = mmap(nil, file.size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw systemError("mapping", file: file.path) }
        isMapping = true
        buffer = UnsafeRawBufferPointer(start: address, count: file.size)
    }

    deinit {
        guard let address = buffer.baseAddress else { return }
        if isMapping {
            _ = munmap(UnsafeMutableRawPointer(mutating: address), buffer.count)
        } else {
            buffer.deallocate()
        }
    }

    /// The bytes as a checked span.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get { _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self) }
    }
}
