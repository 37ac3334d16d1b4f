import CZlib
import CZstd

/// The bytes of a ZIP archive, built field by field so that each can be wrong.
struct ArchiveBytes {
    /// The fields that the local header and the directory both state.
    struct Header {
        var flags: UInt16 = 0
        var method: UInt16 = 0
        var checksum: UInt32
        var compressedSize: UInt32
        var size: UInt32
        var name: [UInt8]
        var extra: [UInt8] = []

        fileprivate var common: [UInt8] {
            let version: UInt16 = 20
            let date: UInt32 = 0x0021_0000
            return Fixtures.bytes(version) + Fixtures.bytes(flags) + Fixtures.bytes(method) + Fixtures.bytes(date)
                + Fixtures.bytes(checksum) + Fixtures.bytes(compressedSize) + Fixtures.bytes(size)
                + Fixtures.bytes(UInt16(truncatingIfNeeded: name.count))
                + Fixtures.bytes(UInt16(truncatingIfNeeded: extra.count))
        }
    }

    struct Member {
        var local: Header
        var central: Header
        var packed: [UInt8]
        /// What stands behind the packed bytes.
        var descriptor: [UInt8] = []
        /// The first disk, as the directory states it.
        var disk: UInt16 = 0
        /// The local header's offset where the directory is to state another than the true one.
        var statedOffset: UInt32?

        /// A member that is as it should be; `packed` are `content`'s bytes after compression by `method`.
        init(_ name: String, _ content: [UInt8], method: UInt16 = 0, packed: [UInt8]? = nil) {
            self.packed = packed ?? content
            local = Header(
                method: method,
                checksum: ArchiveBytes.checksum(content),
                compressedSize: UInt32(self.packed.count),
                size: UInt32(content.count),
                name: Array(name.utf8)
            )
            central = local
        }

        /// Changes both headers alike.
        mutating func both(_ change: (inout Header) -> Void) {
            change(&local)
            change(&central)
        }

        /// Exchanges the packed bytes; both headers state their number.
        mutating func pack(_ packed: [UInt8]) {
            self.packed = packed
            both { $0.compressedSize = UInt32(packed.count) }
        }

        var localBytes: [UInt8] {
            [0x50, 0x4B, 3, 4] + local.common + local.name + local.extra
        }

        func centralBytes(offset: Int) -> [UInt8] {
            [0x50, 0x4B, 1, 2, 20, 3] + central.common + [0, 0] + Fixtures.bytes(disk) + [0, 0, 0, 0, 0, 0]
                + Fixtures.bytes(statedOffset ?? UInt32(offset)) + central.name + central.extra
        }
    }

    struct End {
        var disk: UInt16 = 0
        var directoryDisk: UInt16 = 0
        var diskEntries: UInt16
        var entries: UInt16
        var size: UInt32
        var offset: UInt32
        var comment: [UInt8] = []

        var bytes: [UInt8] {
            [0x50, 0x4B, 5, 6] + Fixtures.bytes(disk) + Fixtures.bytes(directoryDisk) + Fixtures.bytes(diskEntries)
                + Fixtures.bytes(entries) + Fixtures.bytes(size) + Fixtures.bytes(offset)
                + Fixtures.bytes(UInt16(truncatingIfNeeded: comment.count)) + comment
        }
    }

    /// The ZIP64 end record and its locator.
    struct LargeEnd {
        var size: UInt64 = 44
        var disk: UInt32 = 0
        var directoryDisk: UInt32 = 0
        var diskEntries: UInt64
        var entries: UInt64
        var directorySize: UInt64
        var directoryOffset: UInt64
        var locatorDisk: UInt32 = 0
        var place: UInt64
        var disks: UInt32 = 1

        var bytes: [UInt8] {
            [0x50, 0x4B, 6, 6] + Fixtures.bytes(size) + [45, 3, 45, 0] + Fixtures.bytes(disk)
                + Fixtures.bytes(directoryDisk) + Fixtures.bytes(diskEntries) + Fixtures.bytes(entries)
                + Fixtures.bytes(directorySize) + Fixtures.bytes(directoryOffset) + [0x50, 0x4B, 6, 7]
                + Fixtures.bytes(locatorDisk) + Fixtures.bytes(place) + Fixtures.bytes(disks)
        }
    }

    var members: [Member]
    /// Bytes before each member.
    var gap: [UInt8] = []
    /// Bytes between the last member and the directory.
    var directoryGap: [UInt8] = []
    var changeEnd: (inout End) -> Void = { _ in }
    /// Writes a ZIP64 end record, changed so; the short record then defers to it in everything.
    var changeLargeEnd: ((inout LargeEnd) -> Void)?

    init(_ members: [Member]) {
        self.members = members
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            bytes += gap
            directory += member.centralBytes(offset: bytes.count)
            bytes += member.localBytes + member.packed + member.descriptor
        }
        bytes += directoryGap
        var end = End(
            diskEntries: UInt16(members.count),
            entries: UInt16(members.count),
            size: UInt32(directory.count),
            offset: UInt32(bytes.count)
        )
        let directoryOffset = bytes.count
        bytes += directory
        if let changeLargeEnd {
            var large = LargeEnd(
                diskEntries: UInt64(members.count),
                entries: UInt64(members.count),
                directorySize: UInt64(directory.count),
                directoryOffset: UInt64(directoryOffset),
                place: UInt64(bytes.count)
            )
            changeLargeEnd(&large)
            bytes += large.bytes
            (end.diskEntries, end.entries, end.size, end.offset) = (.max, .max, .max, .max)
        }
        changeEnd(&end)
        return bytes + end.bytes
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) })
    }

    /// A raw deflate stream of `bytes`.
    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        var input = bytes
        deflateInit2_(
            &stream,
            6,
            Z_DEFLATED,
            -15,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        defer { deflateEnd(&stream) }
        let capacity = Int(deflateBound(&stream, UInt(bytes.count)))
        return input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(capacity)
                deflate(&stream, Z_FINISH)
                count = capacity - Int(stream.avail_out)
            }
        }
    }

    /// A Zstandard frame of `bytes`.
    static func zstandard(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
            count = bytes.withUnsafeBytes {
                ZSTD_compress(buffer.baseAddress, buffer.count, $0.baseAddress, $0.count, 3)
            }
        }
    }
}
