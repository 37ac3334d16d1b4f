import TensorFile

/// An archive's members, proved to stand apart from one another and inside the file.
struct ZipDirectory: Sendable {
    /// The members in the directory's order.
    let members: [ZipMember]
    /// Oddities that were accepted.
    let warnings: [String]

    /// Reads the directory of `file` and every local header.
    init(_ file: InputFile, options: NumPyOptions) throws(TensorFileError) {
        let end = try ZipEndRecord(in: file)
        try Self.checkStart(of: file, entryCount: end.entryCount)
        let entries = try Self.readEntries(end, in: file)
        try Self.checkExpansion(entries, fileSize: file.size, limit: options.expansionLimit)
        var warnings = try Self.checkNames(entries, strictness: options.strictness)
        var members: [ZipMember] = []
        members.reserveCapacity(entries.count)
        for entry in entries {
            members.append(try ZipMember(entry, in: file, before: end.directoryOffset))
        }
        let gaps = try Self.checkPlaces(members, directoryOffset: end.directoryOffset)
        if gaps > 0 {
            guard options.strictness != .strict else {
                throw TensorFileError(
                    .gap,
                    place: "archive",
                    cause: "\(gaps) bytes between its members belong to none",
                    remedy: "pack the archive again"
                )
            }
            warnings.append("\(gaps) bytes of the archive belong to no member")
        }
        self.members = members
        self.warnings = warnings
    }

    private static func checkStart(of file: InputFile, entryCount: Int) throws(TensorFileError) {
        let start = try file.bytes(at: 0, count: 4)
        let isHead = start == [0x50, 0x4B, 3, 4] || entryCount == 0 && start.starts(with: [0x50, 0x4B])
        guard isHead else {
            throw TensorFileError(
                .malformed,
                place: "byte 0",
                cause: "something stands before the archive's first member",
                remedy: "cut it off; self-extracting programs are not read"
            )
        }
    }

    private static func readEntries(_ end: ZipEndRecord, in file: InputFile) throws(TensorFileError) -> [ZipEntry] {
        guard end.directorySize <= ZipFormat.directoryLimit else {
            throw TensorFileError(
                .limit,
                place: "end record",
                cause: "a directory of \(end.directorySize) bytes, the limit is \(ZipFormat.directoryLimit)",
                remedy: "the file is damaged or hostile"
            )
        }
        guard end.entryCount <= end.directorySize / ZipFormat.centralHeaderBytes else {
            throw TensorFileError(
                .mismatch,
                place: "end record",
                cause: "\(end.entryCount) members cannot fit in a directory of \(end.directorySize) bytes",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        let bytes = try file.bytes(at: end.directoryOffset, count: end.directorySize)
        var reader = ByteReader(bytes.span.bytes, base: end.directoryOffset)
        var entries: [ZipEntry] = []
        entries.reserveCapacity(end.entryCount)
        for _ in 0..<end.entryCount { entries.append(try ZipEntry(parsing: &reader)) }
        guard reader.remaining == 0 else {
            throw TensorFileError(
                .mismatch,
                place: "directory",
                cause: "\(reader.remaining) bytes follow the \(end.entryCount) members that the end record counts",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        return entries
    }

    /// Refuses archives that unpack to far more than they are (see `NumPyOptions.expansionLimit`).
    private static func checkExpansion(
        _ entries: [ZipEntry],
        fileSize: Int,
        limit: Int
    ) throws(TensorFileError) {
        let harmless = 256 << 20
        var total = 0
        for entry in entries {
            guard let sum = total.adding(exactly: entry.size) else {
                throw TensorFileError(
                    .overflow,
                    place: "member \"\(entry.name)\"",
                    cause: "the members' sizes add up to more than 2^63 bytes",
                    remedy: "the file is damaged or hostile"
                )
            }
            total = sum
        }
        guard total <= harmless || total / max(1, limit) <= fileSize else {
            throw TensorFileError(
                .limit,
                place: "directory",
                cause: "\(fileSize) bytes unpack to \(total), more than \(limit) times as much",
                remedy: "raise the expansion limit if the file is to be trusted"
            )
        }
    }

    /// Refuses names that stand twice; names that differ only in case give a warning.
    private static func checkNames(
        _ entries: [ZipEntry],
        strictness: Strictness
    ) throws(TensorFileError) -> [String] {
        var names: Set<[UInt8]> = []
        var folded: Set<String> = []
        var warnings: [String] = []
        for entry in entries {
            guard names.insert(entry.nameBytes).inserted else {
                throw duplicate(entry.name, "the archive holds two members of this name")
            }
            if !folded.insert(entry.name.lowercased()).inserted {
                guard strictness != .strict else {
                    throw duplicate(entry.name, "another member's name differs only in case")
                }
                warnings.append("member \"\(entry.name)\": another member's name differs only in case")
            }
        }
        return warnings
    }

    /// Refuses members that share bytes; returns the number of bytes before the directory that belong to none.
    private static func checkPlaces(_ members: [ZipMember], directoryOffset: Int) throws(TensorFileError) -> Int {
        var end = 0
        var gaps = 0
        for member in members.sorted(by: { $0.entry.headerOffset < $1.entry.headerOffset }) {
            guard member.entry.headerOffset >= end else {
                throw TensorFileError(
                    .overlap,
                    place: "member \"\(member.entry.name)\"",
                    cause: "it begins at byte \(member.entry.headerOffset), inside the member before it (to \(end))",
                    remedy: "the file is damaged or hostile; fetch it again"
                )
            }
            gaps += member.entry.headerOffset - end
            end = member.end
        }
        return gaps + directoryOffset - end
    }

    private static func duplicate(_ name: String, _ cause: String) -> TensorFileError {
        TensorFileError(
            .duplicate,
            place: "member \"\(name)\"",
            cause: cause,
            remedy: "pack the archive again with each name once"
        )
    }
}
