import NumPy
import TensorFile
import TestSupport
import Testing

/// Archives whose structure is cut, contradictory or meant to do harm.
@Suite struct HostileArchiveTests {
    typealias Member = ArchiveBytes.Member

    /// A small array: six values of 32 bits.
    static let array = ArrayBytes(payload: Array(0..<24)).bytes

    private func expect(
        _ kind: TensorFileError.Kind,
        _ word: String,
        of bytes: [UInt8],
        _ options: NumPyOptions = NumPyOptions(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let error = try Fixtures.withFile(bytes, named: "x.npz") { path in
            try #require(
                try Fixtures.failure { _ = try NumPyArchive(path, options: options) },
                "accepted",
                sourceLocation: sourceLocation
            )
        }
        #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
        #expect("\(error)".contains(word), "\(error)", sourceLocation: sourceLocation)
        #expect(error.file.hasSuffix("x.npz"), sourceLocation: sourceLocation)
    }

    private func expectReadable(
        _ bytes: [UInt8],
        _ options: NumPyOptions = NumPyOptions(strictness: .strict),
        warnings: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try Fixtures.withFile(bytes) { path in
            let archive = try NumPyArchive(path, options: options)
            #expect(archive.warnings.count == warnings, "\(archive.warnings)", sourceLocation: sourceLocation)
            for tensor in archive.tensors {
                #expect(try archive.bytes(of: tensor) == Array(0..<24), sourceLocation: sourceLocation)
            }
        }
    }

    private var two: ArchiveBytes { ArchiveBytes([Member("a.npy", Self.array), Member("b.npy", Self.array)]) }

    @Test func theSeedsAreSound() throws {
        try expectReadable(two.bytes)
        var large = two
        large.changeLargeEnd = { _ in }
        try expectReadable(large.bytes)
        var commented = two
        commented.changeEnd = { $0.comment = [UInt8](repeating: 0x50, count: 65_535) }
        try expectReadable(commented.bytes)
    }

    // Z03
    @Test func directoriesThatAreNotThere() throws {
        for value in [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF] as [UInt32] {
            var archive = two
            archive.changeEnd = { $0.offset = value }
            try expect(.malformed, "does not end at", of: archive.bytes)
            archive.changeEnd = { $0.size = value }
            try expect(.malformed, "does not end at", of: archive.bytes)
        }
        for (count, word) in [(0, "follow the 0"), (1, "follow the 1"), (3, "cannot fit"), (0xFFFE, "cannot fit")] {
            var archive = two
            archive.changeEnd = {
                $0.entries = UInt16(count); $0.diskEntries = UInt16(count)
            }
            try expect(.mismatch, word, of: archive.bytes)
        }
    }

    // Z03
    @Test(arguments: [0, 1, 1 << 31, 1 << 32, 1 << 53, 1 << 63 - 1, 1 << 63, .max] as [UInt64])
    func largeDirectoriesThatAreNotThere(value: UInt64) throws {
        let isSize = value < 1 << 63
        var archive = two
        archive.changeLargeEnd = { $0.directoryOffset = value }
        try expect(isSize ? .malformed : .overflow, isSize ? "does not end at" : "beyond 2^63", of: archive.bytes)
        archive.changeLargeEnd = { $0.directorySize = value }
        try expect(isSize ? .malformed : .overflow, isSize ? "does not end at" : "beyond 2^63", of: archive.bytes)
        archive.changeLargeEnd = {
            $0.entries = value; $0.diskEntries = value
        }
        try expect(isSize ? .mismatch : .overflow, isSize ? "the" : "beyond 2^63", of: archive.bytes)
        archive.changeLargeEnd = { $0.place = value }
        try expect(isSize ? .malformed : .overflow, isSize ? "locator points to" : "beyond 2^63", of: archive.bytes)
        archive.changeLargeEnd = { $0.size = value }
        try expect(isSize ? .malformed : .overflow, isSize ? "44 are expected" : "beyond 2^63", of: archive.bytes)
    }

    @Test func recordsThatContradictEachOther() throws {
        var archive = two
        archive.changeLargeEnd = { _ in }
        archive.changeEnd = { $0.entries = 3 }
        try expect(.mismatch, "contradicts the ZIP64", of: archive.bytes)
    }

    // Z03
    @Test(arguments: [1 << 31, 1 << 32, 1 << 53, 1 << 62, 1 << 63 - 1, 1 << 63, .max] as [UInt64])
    func memberSizesOf64Bits(size: UInt64) throws {
        var member = Member("a.npy", Self.array)
        member.both { header in
            header.compressedSize = .max
            header.size = .max
            header.extra = [1, 0, 16, 0] + Fixtures.bytes(size) + Fixtures.bytes(size)
        }
        let bytes = ArchiveBytes([member]).bytes
        let error = try Fixtures.withFile(bytes) { path in
            try #require(try Fixtures.failure { _ = try NumPyArchive(path) })
        }
        #expect([.limit, .overflow, .overlap].contains(error.kind), "\(error)")
    }

    @Test func deferredSizesWithoutTheirField() throws {
        var member = Member("a.npy", Self.array)
        member.central.size = .max
        try expect(.truncated, "ZIP64 size", of: ArchiveBytes([member]).bytes)
        member.central.extra = [1, 0, 8, 0, 1, 2, 3]
        try expect(.truncated, "extra field", of: ArchiveBytes([member]).bytes)
        member = Member("a.npy", Self.array)
        member.statedOffset = .max
        try expect(.truncated, "ZIP64 local header's offset", of: ArchiveBytes([member]).bytes)
    }

    // Z04
    @Test func membersThatShareBytes() throws {
        // The second member lies inside the first one's data.
        let inner = Member("b.npy", Self.array)
        var outer = Member("a.npy", ArrayBytes(descr: "'|u1'", shape: "(106,)").bytes)
        let hidden = inner.localBytes + inner.packed
        let content = ArrayBytes(descr: "'|u1'", shape: "(\(hidden.count),)", payload: hidden).bytes
        outer = Member("a.npy", content)
        var listed = inner
        listed.statedOffset = UInt32(outer.localBytes.count + content.count - hidden.count)
        let first = ArchiveBytes([outer])
        var bytes = outer.localBytes + outer.packed
        let directory = outer.centralBytes(offset: 0) + listed.centralBytes(offset: 0)
        let end = ArchiveBytes.End(
            diskEntries: 2,
            entries: 2,
            size: UInt32(directory.count),
            offset: UInt32(bytes.count)
        )
        bytes += directory + end.bytes
        #expect(first.bytes.count < bytes.count)
        try expect(.overlap, "member \"b.npy\"", of: bytes)

        var long = two
        long.members[1].both {
            $0.compressedSize += 1; $0.size += 1
        }
        try expect(.overlap, "run into the directory", of: long.bytes)
    }

    // Z05
    @Test(arguments: [
        ("../x.npy", "climbs out"), ("a/../x.npy", "climbs out"), ("/x.npy", "absolute"), ("C:\\x.npy", "backslash"),
        ("C:x.npy", "drive"), ("a\0b.npy", "zero byte"), ("..", "climbs out"),
    ])
    func namesThatLeaveTheArchive(name: String, word: String) throws {
        try expect(.malformed, word, of: ArchiveBytes([Member(name, Self.array)]).bytes)
    }

    // Z05
    @Test func longAndBrokenNames() throws {
        let long = String(repeating: "n", count: 65_531) + ".npy"
        try expect(.limit, "the limit is 4096", of: ArchiveBytes([Member(long, Self.array)]).bytes)
        try expectReadable(ArchiveBytes([Member(String(repeating: "n", count: 4_092) + ".npy", Self.array)]).bytes)
        var broken = Member("a.npy", Self.array)
        broken.both { $0.name[0] = 0xFF }
        try expect(.malformed, "not UTF-8", of: ArchiveBytes([broken]).bytes)
        try expectReadable(ArchiveBytes([Member("a..b/..c/.d.npy", Self.array)]).bytes)
    }

    // Z06
    @Test func namesThatStandTwice() throws {
        var archive = ArchiveBytes([Member("a.npy", Self.array), Member("a.npy", Self.array)])
        try expect(.duplicate, "two members of this name", of: archive.bytes)
        archive = ArchiveBytes([Member("a.npy", Self.array), Member("A.npy", Self.array)])
        try expect(.duplicate, "only in case", of: archive.bytes, NumPyOptions(strictness: .strict))
        try expectReadable(archive.bytes, NumPyOptions(), warnings: 1)
        archive = ArchiveBytes([Member("a.npy", Self.array), Member("a", Self.array)])
        try expectReadable(archive.bytes, NumPyOptions(), warnings: 1)
        // Canonically equal, but different bytes: two tensors.
        archive = ArchiveBytes([Member("\u{E9}.npy", Self.array), Member("e\u{301}.npy", Self.array)])
        archive.members.indices.forEach { index in archive.members[index].both { $0.flags = 1 << 11 } }
        try Fixtures.withFile(archive.bytes) { path in
            let names = try NumPyArchive(path).tensors.map { Array($0.name.utf8) }
            #expect(Set(names).count == 2)
        }
    }

    // Z08
    @Test func headersThatDisagree() throws {
        let changes: [(String, (inout ArchiveBytes.Header) -> Void)] = [
            ("another name", { $0.name[0] ^= 1 }), ("name length", { $0.name.append(0x79) }),
            ("method", { $0.method = 8 }), ("size", { $0.size += 1 }), ("compressed size", { $0.compressedSize -= 1 }),
            ("CRC-32", { $0.checksum ^= 1 }), ("flags", { $0.flags ^= 1 << 11 }), ("flags", { $0.flags ^= 1 << 3 }),
        ]
        for (word, change) in changes {
            var archive = two
            change(&archive.members[1].local)
            try expect(.mismatch, word, of: archive.bytes)
        }
        var archive = two
        archive.members[1].local.extra = [UInt8](repeating: 7, count: 3)
        try expectReadable(archive.bytes)
        archive.members[0].statedOffset = 1
        try expect(.malformed, "no local header at byte 1", of: archive.bytes)
        archive.members[0].statedOffset = 0xFFFF_FFF0
        try expect(.truncated, "is not before the directory", of: archive.bytes)
    }

    // Z09
    @Test(arguments: [
        (0, "encryption"), (6, "encryption"), (13, "encryption"), (5, "patched"), (4, "0x10"), (15, "0x8000"),
    ])
    func flags(bit: Int, word: String) throws {
        var archive = two
        archive.members[0].both { $0.flags = 1 << bit }
        try expect(.unsupported, word, of: archive.bytes)
    }

    // Z10
    @Test(arguments: [1, 9, 12, 14, 20, 95, 97, 98, 99, 65_535] as [UInt16])
    func methods(number: UInt16) throws {
        let bytes = ArchiveBytes([Member("a.npy", Self.array, method: number)]).bytes
        try expect(.unsupported, "method \(number) (", of: bytes)
    }

    // Z11
    @Test func dataDescriptors() throws {
        let content = Self.array
        let checksum = Fixtures.bytes(ArchiveBytes.checksum(content))
        let (short, long) = (Fixtures.bytes(UInt32(content.count)), Fixtures.bytes(UInt64(content.count)))
        let signature: [UInt8] = [0x50, 0x4B, 7, 8]
        for descriptor in [
            checksum + short + short, signature + checksum + short + short, checksum + long + long,
            signature + checksum + long + long,
        ] {
            for isZeroed in [true, false] {
                var member = Member("a.npy", content)
                member.both { $0.flags = 1 << 3 }
                if isZeroed { (member.local.checksum, member.local.size, member.local.compressedSize) = (0, 0, 0) }
                member.descriptor = descriptor
                try expectReadable(ArchiveBytes([member, Member("b.npy", content)]).bytes)
                for place in descriptor.indices {
                    member.descriptor[place] ^= 1
                    try expect(.mismatch, "the data descriptor at", of: ArchiveBytes([member]).bytes)
                    member.descriptor[place] ^= 1
                }
                member.descriptor = []
                try expect(.mismatch, "the data descriptor at", of: ArchiveBytes([member]).bytes)
            }
        }
    }

    // Z12
    @Test func membersThatAreNoArrays() throws {
        let archive = ArchiveBytes([
            Member("folder/", []), Member("folder/a.npy", Self.array), Member("README", Array("text".utf8)),
            Member("inner.npz", two.bytes), Member("x.npy/", []),
        ])
        try expectReadable(archive.bytes, NumPyOptions(), warnings: 4)
        try expect(.unsupported, "no .npy array", of: archive.bytes, NumPyOptions(strictness: .strict))
    }

    // Z13
    @Test func everyPrefixIsRefused() throws {
        for bytes in [two.bytes, try Fixtures.goldenBytes("deflated.npz")] {
            for count in 0..<bytes.count {
                try expect(.truncated, "end record", of: Array(bytes[..<count]))
            }
        }
    }

    // Z13
    @Test func forgedEndRecords() throws {
        // A record inside the comment that fits nothing: the true one is found.
        var archive = two
        let forged = ArchiveBytes.End(diskEntries: 0, entries: 0, size: 0, offset: 0)
        archive.changeEnd = { $0.comment = [UInt8](repeating: 0x20, count: 65_513) + forged.bytes }
        try expectReadable(archive.bytes)
        // A second directory with its record inside the comment: both fit.
        let length = two.bytes.count
        let entry = Member("c.npy", Self.array).centralBytes(offset: 0)
        let second = ArchiveBytes.End(diskEntries: 1, entries: 1, size: UInt32(entry.count), offset: UInt32(length))
        archive.changeEnd = { $0.comment = entry + second.bytes }
        try expect(.duplicate, "two end records", of: archive.bytes)
        // The record twice, one after the other: the first has no comment to hold the second.
        var doubled = ArchiveBytes.End(diskEntries: 0, entries: 0, size: 0, offset: 0)
        archive.changeEnd = { doubled = $0 }
        let once = archive.bytes
        try expect(.malformed, "does not end at", of: once + doubled.bytes)
        try expect(.truncated, "something follows it", of: once + [0])
    }

    // Z14
    @Test func leadingBytes() throws {
        let junk = Array("#!/bin/sh\n".utf8)
        try expect(.malformed, "does not end at", of: junk + two.bytes)
        var adjusted = two
        adjusted.gap = junk
        try expect(.malformed, "something stands before", of: adjusted.bytes)
    }

    @Test func bytesThatBelongToNothing() throws {
        var archive = two
        archive.directoryGap = [1, 2, 3]
        try expect(.gap, "3 bytes", of: archive.bytes, NumPyOptions(strictness: .strict))
        try expectReadable(archive.bytes, NumPyOptions(), warnings: 1)
        // Bytes at the start that look like a member, but are none.
        archive = two
        archive.gap = [0x50, 0x4B, 3, 4]
        try expect(.gap, "8 bytes", of: archive.bytes, NumPyOptions(strictness: .strict))
    }

    // Z15
    @Test func severalDisks() throws {
        for change in [
            { $0.disk = 1 }, { $0.directoryDisk = 1 }, { $0.diskEntries = 1 }, { $0.disk = 0xFFFF },
        ] as [(inout ArchiveBytes.End) -> Void] {
            var archive = two
            archive.changeEnd = change
            try expect(.unsupported, "several disks", of: archive.bytes)
        }
        for change in [
            { $0.disk = 1 }, { $0.directoryDisk = 1 }, { $0.diskEntries = 1 }, { $0.locatorDisk = 1 }, { $0.disks = 2 },
        ] as [(inout ArchiveBytes.LargeEnd) -> Void] {
            var archive = two
            archive.changeLargeEnd = change
            try expect(.unsupported, "several disks", of: archive.bytes)
        }
        var archive = two
        archive.members[1].disk = 3
        try expect(.unsupported, "begins on disk 3", of: archive.bytes)
    }

    @Test func otherFormats() throws {
        for (bytes, word) in [
            (Self.array, "NumPy array"), ([0x80, 4, 0x95] as [UInt8] + Self.array, "pickle"),
            (Array("plain text, long enough for an end record".utf8), "no ZIP"),
        ] {
            try expect(.foreign, word, of: bytes)
        }
    }

    @Test func checkpointsOfPyTorchAreNamed() throws {
        for name in ["archive/data.pkl", "data.pkl"] {
            let archive = ArchiveBytes([
                Member(name, [0x80, 2, 0x7D, 0x71, 0, 0x2E]), Member("archive/data/0", [0, 0, 0, 0]),
            ])
            try expect(.foreign, "a PyTorch checkpoint", of: archive.bytes)
            try expect(.foreign, "pickles can run code", of: archive.bytes, NumPyOptions(strictness: .strict))
        }
    }
}
