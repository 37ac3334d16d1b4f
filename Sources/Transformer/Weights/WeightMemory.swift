import Kernels

/// Bytes of weights: a mapped file's, or this object's own.
///
/// Sendable without the compiler's proof, because the bytes never change once the object is made.
public final class WeightMemory: @unchecked Sendable {
    /// The bytes; valid as long as this object lives.
    public let bytes: UnsafeRawBufferPointer
    /// Keeps bytes alive that belong to something else.
    private let owner: (any AnyObject & Sendable)?

    /// Bytes that belong to `owner`, which keeps them alive and unchanged.
    public init(_ bytes: UnsafeRawBufferPointer, ownedBy owner: any AnyObject & Sendable) {
        self.bytes = bytes
        self.owner = owner
    }

    /// Own bytes, aligned for every kernel, that `fill` writes.
    public init<Failure: Error>(
        byteCount: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
        if let start = memory.baseAddress { see_prefer_large_pages(start, memory.count) }
        let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
        do throws(Failure) { try fill(part) } catch {
            memory.deallocate()
            throw error
        }
        bytes = UnsafeRawBufferPointer(part)
        owner = nil
    }

    deinit {
        if owner == nil { bytes.baseAddress?.deallocate() }
    }
}
