import TensorFile

/// A member whose local header has been read and found to agree with the directory.
struct ZipMember: Hashable, Sendable {
    let entry: ZipEntry
    /// Offset of the first (packed) byte in the file.
    let dataOffset: Int
    /// Offset behind the data and its descriptor.
    let end: Int

    /// Reads the local header of `entry`; everything that belongs to it must end before the directory at `limit`.
    ///
    /// Local headers repeat what the directory says. Readers differ in which of the two they believe, so every difference
    /// is an error.
    init(_ entry: ZipEntry, in file: InputFile, before limit: Int) throws(TensorFileError) {
        self.entry = entry
        let fixedBytes = ZipFormat.localHeaderBytes + entry.nameBytes.count
        guard entry.headerOffset <= limit, fixedBytes <= limit - entry.headerOffset else {
            throw Self.error(.truncated, entry, "its local header at \(entry.headerOffset) is not before the directory")
        }
        // One read usually gets the extra fields as well.
        let first = try file.bytes(
            at: entry.headerOffset,
            count: min(fixedBytes + 128, limit - entry.headerOffset)
        )
        var reader = ByteReader(first.span.bytes, base: entry.headerOffset)
        guard try reader.read(UInt32.self, "signature") == ZipFormat.localHeader else {
            throw Self.error(.malformed, entry, "no local header at byte \(entry.headerOffset)")
        }
        try reader.skip(2, "version")
        let flags = ZipFlags(bits: try reader.read(UInt16.self, "flags"))
        let method = try reader.read(UInt16.self, "method")
        try reader.skip(4, "date and time")
        let checksum = try reader.read(UInt32.self, "CRC-32")
        let compressedSize = try reader.read(UInt32.self, "compressed size")
        let size = try reader.read(UInt32.self, "size")
        let nameLength = Int(try reader.read(UInt16.self, "name length"))
        let extraLength = Int(try reader.read(UInt16.self, "extra length"))

        try Self.agree(flags.bits, entry.flags.bits, "flags", entry)
        try Self.agree(method, entry.method, "method", entry)
        try Self.agree(nameLength, entry.nameBytes.count, "name length", entry)
        let name = try reader.take(nameLength, "name").withUnsafeBytes { $0.elementsEqual(entry.nameBytes) }
        guard name else { throw Self.error(.mismatch, entry, "its local header has another name") }
        guard extraLength <= limit - entry.headerOffset - fixedBytes else {
            throw Self.error(.truncated, entry, "its extra fields run into the directory")
        }
        dataOffset = entry.headerOffset + fixedBytes + extraLength

        let extra =
            extraLength <= reader.remaining
            ? Array(first[fixedBytes..<fixedBytes + extraLength])
            : try file.bytes(at: entry.headerOffset + fixedBytes, count: extraLength)
        var large = try Zip64Sizes(in: extra.span.bytes, member: entry.name)
        let localSize = try large.resolve(size, "size")
        let localCompressedSize = try large.resolve(compressedSize, "compressed size")
        // A writer that could not seek back leaves zeros here and the truth behind the data.
        let isPending = entry.flags.hasDataDescriptor
        if !(isPending && checksum == 0) { try Self.agree(checksum, entry.checksum, "CRC-32", entry) }
        if !(isPending && localSize == 0) { try Self.agree(localSize, entry.size, "size", entry) }
        if !(isPending && localCompressedSize == 0) {
            try Self.agree(localCompressedSize, entry.compressedSize, "compressed size", entry)
        }
        guard entry.compressedSize <= limit - dataOffset else {
            throw Self.error(.overlap, entry, "its \(entry.compressedSize) bytes run into the directory at \(limit)")
        }
        let dataEnd = dataOffset + entry.compressedSize
        end =
            isPending
            ? dataEnd + (try Self.descriptorLength(of: entry, at: dataEnd, in: file, before: limit)) : dataEnd
    }

    /// The length of the data descriptor at `place`: with or without signature, with sizes of 32 or 64 bits; whichever
    /// fits what the directory says.
    private static func descriptorLength(
        of entry: ZipEntry,
        at place: Int,
        in file: InputFile,
        before limit: Int
    ) throws(TensorFileError) -> Int {
        let bytes = try file.bytes(at: place, count: min(24, limit - place))
        for isLong in [false, true] {
            for isSigned in [true, false] {
                var expected: [UInt8] = []
                if isSigned { expected.append(littleEndian: ZipFormat.dataDescriptor) }
                expected.append(littleEndian: entry.checksum)
                if isLong {
                    expected.append(littleEndian: UInt64(entry.compressedSize))
                    expected.append(littleEndian: UInt64(entry.size))
                } else {
                    expected.append(littleEndian: UInt32(truncatingIfNeeded: entry.compressedSize))
                    expected.append(littleEndian: UInt32(truncatingIfNeeded: entry.size))
                }
                if bytes.starts(with: expected) { return expected.count }
            }
        }
        throw error(.mismatch, entry, "the data descriptor at byte \(place) contradicts the directory")
    }

    private static func agree<Value: Equatable>(
        _ local: Value,
        _ central: Value,
        _ field: String,
        _ entry: ZipEntry
    ) throws(TensorFileError) {
        guard local == central else {
            throw error(.mismatch, entry, "its \(field) is \(local) in the local header, \(central) in the directory")
        }
    }

    private static func error(_ kind: TensorFileError.Kind, _ entry: ZipEntry, _ cause: String) -> TensorFileError {
        TensorFileError(
            kind,
            place: "member \"\(entry.name)\"",
            cause: cause,
            remedy: "the file is damaged or hostile; fetch it again"
        )
    }
}
