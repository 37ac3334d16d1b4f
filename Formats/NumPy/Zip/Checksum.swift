import CZlib
import Kernels

/// The CRC-32 of bytes that come in pieces.
struct Checksum: Hashable, Sendable {
    /// The checksum of the bytes so far.
    private(set) var value: UInt32 = 0

    /// Goes on over `bytes`: with the kernel where the CPU has one, with zlib for the rest.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // zlib starts anew when it is given no address.
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let folded = see_crc32_folded(&value, start, bytes.count)
        value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), start + folded, bytes.count - folded))
    }
}
