import TensorFile

/// A member as the central directory describes it.
struct ZipEntry: Hashable, Sendable {
    /// The name's bytes, for exact comparison.
    let nameBytes: [UInt8]
    let name: String
    let flags: ZipFlags
    let method: UInt16
    let checksum: UInt32
    let compressedSize: Int
    let size: Int
    let headerOffset: Int

    /// True for folders, which hold no bytes.
    var isFolder: Bool { nameBytes.last == UInt8(ascii: "/") }

    /// Reads the next entry of a central directory.
    init(parsing reader: inout ByteReader) throws(TensorFileError) {
        let place = reader.offset
        guard try reader.read(UInt32.self, "signature") == ZipFormat.centralHeader else {
            throw Self.malformed("byte \(place) of the directory", "no entry begins here")
        }
        try reader.skip(4, "versions")
        flags = ZipFlags(bits: try reader.read(UInt16.self, "flags"))
        method = try reader.read(UInt16.self, "method")
        try reader.skip(4, "date and time")
        checksum = try reader.read(UInt32.self, "CRC-32")
        let compressedSize = try reader.read(UInt32.self, "compressed size")
        let size = try reader.read(UInt32.self, "size")
        let nameLength = Int(try reader.read(UInt16.self, "name length"))
        let extraLength = Int(try reader.read(UInt16.self, "extra length"))
        let commentLength = Int(try reader.read(UInt16.self, "comment length"))
        let disk = try reader.read(UInt16.self, "disk")
        try reader.skip(6, "attributes")
        let headerOffset = try reader.read(UInt32.self, "local header's offset")
        (nameBytes, name) = try Self.readName(try reader.take(nameLength, "name"))
        let extra = try reader.take(extraLength, "extra fields")
        try reader.skip(commentLength, "comment")

        guard let feature = flags.unsupportedFeature else {
            var large = try Zip64Sizes(in: extra, member: name)
            self.size = try large.resolve(size, "size")
            self.compressedSize = try large.resolve(compressedSize, "compressed size")
            self.headerOffset = try large.resolve(headerOffset, "local header's offset")
            let startDisk = disk == ZipFormat.deferred16 ? try large.readDisk() : UInt32(disk)
            guard startDisk == 0 else {
                throw TensorFileError(
                    .unsupported,
                    place: "member \"\(name)\"",
                    cause: "it begins on disk \(startDisk); archives on several disks are not read",
                    remedy: "join the archive's parts"
                )
            }
            return
        }
        throw TensorFileError(
            .unsupported,
            place: "member \"\(name)\"",
            cause: "it uses \(feature)",
            remedy: "pack the archive again without it, as numpy.savez does"
        )
    }

    /// Checks a name and reads it as UTF-8, whether or not its flag says so: unflagged names are ASCII from NumPy, and
    /// where they are not, they are UTF-8 more often than the code page of 1981 that the standard names.
    private static func readName(_ span: RawSpan) throws(TensorFileError) -> ([UInt8], String) {
        guard span.byteCount <= ZipFormat.nameLimit else {
            throw TensorFileError(
                .limit,
                place: "directory",
                cause: "a member's name has \(span.byteCount) bytes, the limit is \(ZipFormat.nameLimit)",
                remedy: "the file is damaged or hostile"
            )
        }
        let bytes = span.withUnsafeBytes { Array($0) }
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw malformed("directory", "a member's name is not UTF-8")
        }
        if let fault = fault(inName: bytes) { throw malformed("member \"\(name)\"", fault) }
        return (bytes, name)
    }

    /// What makes a name unfit; nil for a good one. A name must stay inside the archive, whatever a caller makes of it.
    static func fault(inName name: [UInt8]) -> String? {
        if name.contains(0) { return "its name holds a zero byte" }
        if name.contains(UInt8(ascii: "\\")) { return "its name holds a backslash" }
        if name.first == UInt8(ascii: "/") { return "its name is an absolute path" }
        if name.count > 1, name[1] == UInt8(ascii: ":"), Character(Unicode.Scalar(name[0])).isLetter {
            return "its name begins with a drive"
        }
        if name.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }) {
            return "its name climbs out by \"..\""
        }
        return nil
    }

    private static func malformed(_ place: String, _ cause: String) -> TensorFileError {
        TensorFileError(.malformed, place: place, cause: cause, remedy: "the file is damaged or hostile")
    }
}

/// The values of a ZIP64 extra field, in the order in which they must be asked for.
struct Zip64Sizes: ~Escapable {
    private var reader: ByteReader
    private let member: String

    /// Finds the field among `extra`; without it every deferred value is an error.
    @_lifetime(copy extra)
    init(in extra: RawSpan, member: String) throws(TensorFileError) {
        self.member = member
        var fields = ByteReader(extra)
        // Fewer than four bytes are padding that some writers leave.
        while fields.remaining >= 4 {
            let id = try fields.read(UInt16.self, "member \"\(member)\", extra field")
            let length = Int(try fields.read(UInt16.self, "member \"\(member)\", extra field"))
            let content = try fields.take(length, "member \"\(member)\", extra field")
            if id == ZipFormat.zip64Extra {
                reader = ByteReader(content)
                return
            }
        }
        reader = ByteReader(extra.extracting(0..<0))
    }

    /// `short`, or the next value of 64 bits where `short` defers to it.
    mutating func resolve(_ short: UInt32, _ field: String) throws(TensorFileError) -> Int {
        guard short == ZipFormat.deferred32 else { return Int(short) }
        return try reader.readSize("member \"\(member)\", ZIP64 \(field)")
    }

    mutating func readDisk() throws(TensorFileError) -> UInt32 {
        try reader.read(UInt32.self, "member \"\(member)\", ZIP64 disk")
    }
}
