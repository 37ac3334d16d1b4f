import CZlib
import Kernels
import TestSupport
import Testing

/// The checksum kernel against zlib.
@Suite struct ChecksumKernelTests {
    private static let bytes: [UInt8] = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 0x9E37 >> 7 ^ $0) }

    /// The kernel's result with zlib for the rest, and how far the kernel went.
    private func checksum(_ crc: UInt32, _ part: ArraySlice<UInt8>) -> (value: UInt32, folded: Int) {
        part.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return (crc, 0) }
            var value = crc
            let folded = see_crc32_folded(&value, start, buffer.count)
            return (UInt32(crc32(UInt(value), start + folded, UInt32(buffer.count - folded))), folded)
        }
    }

    @Test func equalsZlibOnEveryPath() {
        KernelPaths.forEach { path in
            for count in Array(0...400) + [1_023, 1_024, 4_999] {
                for start in [0, 1, 7] where start + count <= Self.bytes.count {
                    for crc in [0, 0xFFFF_FFFF, 0x1234_5678] as [UInt32] {
                        let part = Self.bytes[start..<start + count]
                        let expected = part.withUnsafeBufferPointer {
                            crc32(UInt(crc), $0.baseAddress, UInt32($0.count))
                        }
                        let found = checksum(crc, part)
                        #expect(count == 0 || found.value == UInt32(expected), "\(path) \(count) from \(start)")
                        #expect(found.folded == 0 || found.folded == count / 16 * 16 && count >= 64)
                    }
                }
            }
        }
    }

    @Test func portablePathLeavesAllToZlib() {
        KernelPaths.forEach { path in
            let folded = checksum(0, Self.bytes[...]).folded
            if path == SEE_KERNELS_PORTABLE { #expect(folded == 0) }
        }
    }
}
