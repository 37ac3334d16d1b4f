/// A member being written, and its two headers.
struct WrittenMember {
    let name: [UInt8]
    let method: ZipMethod
    let size: Int
    let headerOffset: Int
    var compressedSize = 0
    var checksum = Checksum()
    /// Bytes of the alignment field in the local header; 0, or 6 and more.
    var padding = 0

    /// Unix, and version 4.5, the first with ZIP64.
    static let madeBy: UInt16 = 3 << 8 | 45
    /// 1980-01-01 00:00, the earliest that the format knows and what NumPy writes.
    private static let date: UInt32 = 0x0021_0000
    /// A regular file that its owner reads and writes, as Python's archives say.
    private static let attributes: UInt32 = 0o600 << 16
    /// Two sizes of 64 bits, with their head.
    private static let zip64ExtraBytes = 20

    var localHeaderBytes: Int { ZipFormat.localHeaderBytes + name.count + Self.zip64ExtraBytes + padding }

    private var version: UInt16 { method == .zstd ? 63 : 45 }
    private var flags: UInt16 { name.allSatisfy { $0 < 0x80 } ? 0 : ZipFlags.utf8 }

    /// The header before the data. Its length does not depend on what is patched in later.
    var localHeader: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: ZipFormat.localHeader)
        appendCommon(to: &bytes, compressedSize: ZipFormat.deferred32, size: ZipFormat.deferred32)
        bytes.append(littleEndian: UInt16(Self.zip64ExtraBytes + padding))
        bytes += name
        bytes.append(littleEndian: ZipFormat.zip64Extra)
        bytes.append(littleEndian: UInt16(16))
        bytes.append(littleEndian: UInt64(size))
        bytes.append(littleEndian: UInt64(compressedSize))
        if padding > 0 {
            bytes.append(littleEndian: ZipFormat.alignmentExtra)
            bytes.append(littleEndian: UInt16(padding - 4))
            bytes.append(littleEndian: UInt16(64))
            bytes += [UInt8](repeating: 0, count: padding - 6)
        }
        return bytes
    }

    /// The directory's entry.
    var centralHeader: [UInt8] {
        let shortSize = UInt32(exactly: size) ?? ZipFormat.deferred32
        let shortCompressedSize = UInt32(exactly: compressedSize) ?? ZipFormat.deferred32
        let shortOffset = UInt32(exactly: headerOffset) ?? ZipFormat.deferred32
        var large: [UInt8] = []
        if shortSize == ZipFormat.deferred32 { large.append(littleEndian: UInt64(size)) }
        if shortCompressedSize == ZipFormat.deferred32 { large.append(littleEndian: UInt64(compressedSize)) }
        if shortOffset == ZipFormat.deferred32 { large.append(littleEndian: UInt64(headerOffset)) }
        var bytes: [UInt8] = []
        bytes.append(littleEndian: ZipFormat.centralHeader)
        bytes.append(littleEndian: Self.madeBy)
        appendCommon(to: &bytes, compressedSize: shortCompressedSize, size: shortSize)
        bytes.append(littleEndian: UInt16(large.isEmpty ? 0 : large.count + 4))
        bytes.append(littleEndian: UInt16(0))  // comment
        bytes.append(littleEndian: UInt16(0))  // disk
        bytes.append(littleEndian: UInt16(0))  // internal attributes
        bytes.append(littleEndian: Self.attributes)
        bytes.append(littleEndian: shortOffset)
        bytes += name
        if !large.isEmpty {
            bytes.append(littleEndian: ZipFormat.zip64Extra)
            bytes.append(littleEndian: UInt16(large.count))
            bytes += large
        }
        return bytes
    }

    /// The fields that both headers have in the same order: from the version needed to the name's length.
    private func appendCommon(to bytes: inout [UInt8], compressedSize: UInt32, size: UInt32) {
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: flags)
        bytes.append(littleEndian: method.rawValue)
        bytes.append(littleEndian: Self.date)
        bytes.append(littleEndian: checksum.value)
        bytes.append(littleEndian: compressedSize)
        bytes.append(littleEndian: size)
        bytes.append(littleEndian: UInt16(name.count))
    }
}
