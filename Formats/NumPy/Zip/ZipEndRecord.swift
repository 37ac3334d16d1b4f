import TensorFile

/// The record at the end of an archive: where the central directory stands and how many entries it has.
struct ZipEndRecord: Hashable, Sendable {
    let entryCount: Int
    let directoryOffset: Int
    let directorySize: Int

    /// Finds the one end record of `file`.
    ///
    /// A record counts only where its comment reaches exactly to the end of the file and the directory it names ends
    /// exactly where the record (or its ZIP64 record) begins. So neither a record forged inside a comment nor bytes before or
    /// behind the archive can pass; two records that both fit are refused, because readers would differ.
    init(in file: InputFile) throws(TensorFileError) {
        let tailBytes = min(file.size, ZipFormat.endRecordBytes + Int(UInt16.max))
        let tailStart = file.size - tailBytes
        let tail = try file.bytes(at: tailStart, count: tailBytes)
        var found: ZipEndRecord?
        var failure: TensorFileError?
        for place in Self.candidates(in: tail) {
            do throws(TensorFileError) {
                let record = try ZipEndRecord(
                    at: tailStart + place,
                    bytes: Array(tail[place..<place + ZipFormat.endRecordBytes]),
                    in: file
                )
                guard found == nil else {
                    throw TensorFileError(
                        .duplicate,
                        place: "byte \(tailStart + place), end record",
                        cause: "two end records fit the file, so readers could see different archives",
                        remedy: "the file is damaged or hostile; fetch it again"
                    )
                }
                found = record
            } catch {
                if error.kind == .duplicate { throw error }
                failure = failure ?? error
            }
        }
        if let found {
            self = found
        } else if let failure {
            throw failure
        } else {
            throw try Self.absent(in: file)
        }
    }

    /// Places in `tail`, last first, of end records whose comment ends with the file.
    private static func candidates(in tail: [UInt8]) -> [Int] {
        guard tail.count >= ZipFormat.endRecordBytes else { return [] }
        return (0...(tail.count - ZipFormat.endRecordBytes)).reversed().filter { place in
            tail[place] == 0x50 && tail[place + 1] == 0x4B && tail[place + 2] == 5 && tail[place + 3] == 6
                && Int(tail[place + 20]) | Int(tail[place + 21]) << 8
                    == tail.count - place - ZipFormat.endRecordBytes
        }
    }

    /// Reads the record in `bytes`, which stands at `place` of `file`.
    private init(at place: Int, bytes: [UInt8], in file: InputFile) throws(TensorFileError) {
        var reader = ByteReader(bytes.span.bytes, base: place)
        try reader.skip(4, "signature")
        let disk = try reader.read(UInt16.self, "disk number")
        let directoryDisk = try reader.read(UInt16.self, "directory's disk")
        let diskEntries = try reader.read(UInt16.self, "entries on this disk")
        let entries = try reader.read(UInt16.self, "entries")
        let size = try reader.read(UInt32.self, "directory size")
        let offset = try reader.read(UInt32.self, "directory offset")
        let end: Int
        if let large = try Zip64EndRecord(before: place, in: file) {
            // Where the short record does not defer, it must agree.
            guard disk == 0 || disk == ZipFormat.deferred16,
                directoryDisk == 0 || directoryDisk == ZipFormat.deferred16
            else { throw Self.multipleDisks(place) }
            guard entries == ZipFormat.deferred16 || Int(entries) == large.entryCount,
                diskEntries == ZipFormat.deferred16 || Int(diskEntries) == large.entryCount,
                size == ZipFormat.deferred32 || Int(size) == large.directorySize,
                offset == ZipFormat.deferred32 || Int(offset) == large.directoryOffset
            else {
                throw TensorFileError(
                    .mismatch,
                    place: "byte \(place), end record",
                    cause: "it contradicts the ZIP64 end record",
                    remedy: "the file is damaged or hostile; fetch it again"
                )
            }
            (entryCount, directoryOffset, directorySize) =
                (large.entryCount, large.directoryOffset, large.directorySize)
            end = large.place
        } else {
            guard disk == 0, directoryDisk == 0, diskEntries == entries else { throw Self.multipleDisks(place) }
            (entryCount, directoryOffset, directorySize) = (Int(entries), Int(offset), Int(size))
            end = place
        }
        guard let directoryEnd = directoryOffset.adding(exactly: directorySize), directoryEnd == end else {
            throw TensorFileError(
                .malformed,
                place: "byte \(place), end record",
                cause: "a directory of \(directorySize) bytes at \(directoryOffset) does not end at \(end), "
                    + "where the end record begins",
                remedy: "the file is cut, joined to another or damaged; fetch it again"
            )
        }
    }

    private static func multipleDisks(_ place: Int) -> TensorFileError {
        TensorFileError(
            .unsupported,
            place: "byte \(place), end record",
            cause: "the archive spans several disks",
            remedy: "join its parts into one archive"
        )
    }

    private static func absent(in file: InputFile) throws(TensorFileError) -> TensorFileError {
        let prefix = try file.bytes(at: 0, count: min(file.size, ForeignFormat.prefixLength))
        let head: [UInt8] = [0x50, 0x4B, 3, 4]
        if prefix.prefix(4).elementsEqual(head.prefix(prefix.count)) {
            return TensorFileError(
                .truncated,
                place: "byte \(file.size)",
                cause: "the archive's end record is missing or something follows it",
                remedy: "the file is cut short or was appended to; fetch it again"
            )
        }
        if let format = ForeignFormat.recognise(prefix: prefix) { return format.error(insteadOf: "an .npz archive") }
        return TensorFileError(
            .foreign,
            place: "byte 0",
            cause: "this is no ZIP archive",
            remedy: "name an .npz archive as numpy.savez writes it"
        )
    }
}

/// The end record with numbers of 64 bits.
private struct Zip64EndRecord {
    /// Offset of the record in the file.
    let place: Int
    let entryCount: Int
    let directoryOffset: Int
    let directorySize: Int

    /// The record whose locator stands directly before the end record at `end`; nil without a locator.
    init?(before end: Int, in file: InputFile) throws(TensorFileError) {
        let locatorPlace = end - ZipFormat.zip64LocatorBytes
        guard locatorPlace >= 0 else { return nil }
        let locatorBytes = try file.bytes(at: locatorPlace, count: ZipFormat.zip64LocatorBytes)
        var locator = ByteReader(locatorBytes.span.bytes, base: locatorPlace)
        guard try locator.read(UInt32.self, "signature") == ZipFormat.zip64Locator else { return nil }
        let disk = try locator.read(UInt32.self, "disk")
        place = try locator.readSize("ZIP64 end record's offset")
        let disks = try locator.read(UInt32.self, "disks")
        guard let recordEnd = place.adding(exactly: ZipFormat.zip64EndRecordBytes), recordEnd == locatorPlace else {
            throw Self.malformed(locatorPlace, "the ZIP64 locator points to byte \(place), not to the record before it")
        }
        let bytes = try file.bytes(at: place, count: ZipFormat.zip64EndRecordBytes)
        var reader = ByteReader(bytes.span.bytes, base: place)
        guard try reader.read(UInt32.self, "signature") == ZipFormat.zip64EndRecord else {
            throw Self.malformed(place, "no ZIP64 end record where the locator points")
        }
        let size = try reader.readSize("record size")
        guard size == ZipFormat.zip64EndRecordBytes - 12 else {
            throw Self.malformed(place, "a ZIP64 end record of \(size) bytes where 44 are expected")
        }
        try reader.skip(4, "versions")
        let recordDisk = try reader.read(UInt32.self, "disk number")
        let directoryDisk = try reader.read(UInt32.self, "directory's disk")
        let diskEntries = try reader.readSize("entries on this disk")
        entryCount = try reader.readSize("entries")
        directorySize = try reader.readSize("directory size")
        directoryOffset = try reader.readSize("directory offset")
        guard disk == 0, disks <= 1, recordDisk == 0, directoryDisk == 0, diskEntries == entryCount else {
            throw TensorFileError(
                .unsupported,
                place: "byte \(place), ZIP64 end record",
                cause: "the archive spans several disks",
                remedy: "join its parts into one archive"
            )
        }
    }

    private static func malformed(_ place: Int, _ cause: String) -> TensorFileError {
        TensorFileError(
            .malformed,
            place: "byte \(place), ZIP64 end record",
            cause: cause,
            remedy: "the file is damaged or hostile; fetch it again"
        )
    }
}
