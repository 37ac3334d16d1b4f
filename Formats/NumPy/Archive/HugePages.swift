#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Tells Linux that a large buffer, about to be filled for the first time, may be backed by pages of 2 MiB.
///
/// Otherwise the system's work on each page of 4 KiB takes longer than the copy into it. Other systems need no advice.
func adviseHugePages(_ buffer: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
    let page = 4 << 10
    guard buffer.count >= 4 << 20, let start = buffer.baseAddress?.alignedUp(toMultipleOf: page) else { return }
    _ = madvise(start, (buffer.count - page) / page * page, MADV_HUGEPAGE)
    #endif
}
