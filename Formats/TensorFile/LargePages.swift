import Kernels

/// Asks for large pages under a large fresh buffer: filling it takes a fraction of the time. Where the system has no such
/// request, or refuses it, nothing changes.
package func preferLargePages(for buffer: UnsafeMutableRawBufferPointer) {
    if let start = buffer.baseAddress { see_prefer_large_pages(start, buffer.count) }
}
