#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Asks for large pages under a large fresh buffer: filling it takes a fraction of the time. Where the system has no such
/// request, or refuses it, nothing changes.
package func preferLargePages(for buffer: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
    guard buffer.count >= 4 << 20, let start = buffer.baseAddress else { return }
    let page = 1 << 12
    let first = start.alignedUp(toMultipleOf: page)
    _ = madvise(first, buffer.count - (first - UnsafeMutableRawPointer(start)), MADV_HUGEPAGE)
    #endif
}
