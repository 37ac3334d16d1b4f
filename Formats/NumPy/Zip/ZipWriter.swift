import TensorFile

/// How the members of an archive are packed.
public enum NumPyCompression: Hashable, Sendable {
    /// Not at all: the array's bytes stand in the file, on a 64-byte boundary, and can be mapped.
    case stored
    /// Deflate, as `numpy.savez_compressed` packs; levels 1 (fast) to 9 (small).
    case deflate(level: Int = 6)
    /// Zstandard, for readers that know method 93 (Python from 3.14 on, this package); levels 1 to 19.
    case zstd(level: Int = 3)

    var method: ZipMethod {
        switch self {
        case .stored: .stored
        case .deflate: .deflate
        case .zstd: .zstd
        }
    }
}

/// Writes a ZIP archive, one member after the other; the same input gives the same bytes.
///
/// Local headers look as NumPy's: sizes of 64 bits in a ZIP64 field, no data descriptor, the date 1980-01-01. What is known
/// only at the end of a member is patched into its header.
final class ZipWriter {
    /// Data of stored members begins at multiples of this.
    private static let alignment = 64

    private let output: OutputFile
    private let compression: NumPyCompression
    private let encoder: (any MemberEncoder)?
    private var members: [WrittenMember] = []
    private var current: WrittenMember?

    init(_ output: OutputFile, compression: NumPyCompression) throws(TensorFileError) {
        self.output = output
        self.compression = compression
        encoder =
            switch compression {
            case .stored: nil
            case .deflate(let level): try DeflateEncoder(level: level)
            case .zstd(let level): try ZstdEncoder(level: level)
            }
    }

    /// Begins a member of `size` bytes.
    func begin(_ name: [UInt8], size: Int) throws(TensorFileError) {
        var member = WrittenMember(name: name, method: compression.method, size: size, headerOffset: output.size)
        if compression == .stored {
            member.compressedSize = size
            member.padding = Self.padding(before: output.size + member.localHeaderBytes)
        }
        try output.append(member.localHeader)
        try encoder?.begin(size: size)
        current = member
    }

    /// Appends bytes of the current member.
    func append(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
        current?.checksum.update(bytes)
        if let encoder {
            try encoder.encode(bytes) { (packed) throws(TensorFileError) in try output.append(packed) }
        } else {
            try output.append(bytes)
        }
    }

    /// Ends the current member.
    func end() throws(TensorFileError) {
        guard var member = current.take() else { return }
        if let encoder {
            try encoder.finish { (packed) throws(TensorFileError) in try output.append(packed) }
            member.compressedSize = output.size - member.headerOffset - member.localHeaderBytes
        }
        try output.overwrite(member.localHeader, at: member.headerOffset)
        members.append(member)
    }

    /// Appends the directory; the archive is then complete.
    func finish() throws(TensorFileError) {
        let offset = output.size
        var directory: [UInt8] = []
        for member in members { directory += member.centralHeader }
        directory += Self.endRecords(entries: members.count, offset: offset, size: directory.count)
        try output.append(directory)
    }

    /// Bytes of an alignment field before data that would begin at `offset`: none, or at least the field's six.
    private static func padding(before offset: Int) -> Int {
        let excess = offset % alignment
        guard excess > 0 else { return 0 }
        let gap = alignment - excess
        return gap >= 6 ? gap : gap + alignment
    }

    private static func endRecords(entries: Int, offset: Int, size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        let shortEntries = UInt16(exactly: entries) ?? ZipFormat.deferred16
        let shortSize = UInt32(exactly: size) ?? ZipFormat.deferred32
        let shortOffset = UInt32(exactly: offset) ?? ZipFormat.deferred32
        if shortEntries == ZipFormat.deferred16 || shortSize == ZipFormat.deferred32
            || shortOffset == ZipFormat.deferred32
        {
            bytes.append(littleEndian: ZipFormat.zip64EndRecord)
            bytes.append(littleEndian: UInt64(ZipFormat.zip64EndRecordBytes - 12))
            bytes.append(littleEndian: WrittenMember.madeBy)
            bytes.append(littleEndian: UInt16(45))
            bytes.append(littleEndian: UInt64(0))  // both disk numbers
            bytes.append(littleEndian: UInt64(entries))
            bytes.append(littleEndian: UInt64(entries))
            bytes.append(littleEndian: UInt64(size))
            bytes.append(littleEndian: UInt64(offset))
            bytes.append(littleEndian: ZipFormat.zip64Locator)
            bytes.append(littleEndian: UInt32(0))  // disk
            bytes.append(littleEndian: UInt64(offset + size))
            bytes.append(littleEndian: UInt32(1))  // disks
        }
        bytes.append(littleEndian: ZipFormat.endRecord)
        bytes.append(littleEndian: UInt32(0))  // both disk numbers
        bytes.append(littleEndian: shortEntries)
        bytes.append(littleEndian: shortEntries)
        bytes.append(littleEndian: shortSize)
        bytes.append(littleEndian: shortOffset)
        bytes.append(littleEndian: UInt16(0))  // comment
        return bytes
    }
}
