import NumPy
import TensorFile
import TestSupport
import Testing

/// Members whose packed bytes, sizes or checksums are wrong, in every way of packing.
@Suite struct HostileMemberTests {
    typealias Member = ArchiveBytes.Member

    /// An array long enough for several reads of a decoder: one byte a value.
    private static let payload = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0) }
    private static let content = ArrayBytes(descr: "'|u1'", shape: "(300000,)", payload: payload).bytes

    private static func packed(_ content: [UInt8], _ method: UInt16) -> [UInt8] {
        switch method {
        case 8: ArchiveBytes.deflated(content)
        case 93: ArchiveBytes.zstandard(content)
        default: content
        }
    }

    private func seed(_ method: UInt16, of content: [UInt8] = Self.content) -> Member {
        Member("a.npy", content, method: method, packed: Self.packed(content, method))
    }

    /// The error of opening the archive or reading its one array. Every way of reading must give the same.
    private func failure(_ member: Member, _ options: NumPyOptions = NumPyOptions()) throws -> TensorFileError? {
        try Fixtures.withFile(ArchiveBytes([member]).bytes, named: "x.npz") { path in
            let ways: [(NumPyArchive) throws -> Void] = [
                { _ = try $0.bytes(of: $0.tensors[0]) },
                { _ = try $0.bytes(of: $0.tensors[0], chunkBytes: 999) },
                { _ = try $0.bytes(of: $0.tensors) },
                { try $0.verifyChecksums() },
            ]
            let errors = try ways.map { way in
                try Fixtures.failure { try way(try NumPyArchive(path, options: options)) }
            }
            #expect(Set(errors.map { $0?.kind }).count == 1, "\(errors)")
            for error in errors { #expect(error?.file.hasSuffix("x.npz") ?? true) }
            return errors[0]
        }
    }

    private func expect(
        _ kind: TensorFileError.Kind,
        _ word: String,
        of member: Member,
        _ options: NumPyOptions = NumPyOptions(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let error = try #require(try failure(member, options), "accepted", sourceLocation: sourceLocation)
        #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
        #expect("\(error)".contains(word), "\(error)", sourceLocation: sourceLocation)
        #expect("\(error)".contains("member \"a.npy\""), "\(error)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [0, 8, 93] as [UInt16]) func theSeedsAreSound(method: UInt16) throws {
        try Fixtures.withFile(ArchiveBytes([seed(method)]).bytes) { path in
            let archive = try NumPyArchive(path)
            #expect(try archive.bytes(of: archive.tensors[0]) == Self.payload)
            #expect(try archive.bytes(of: archive.tensors) == [Self.payload])
            try archive.verifyChecksums()
        }
    }

    // Z01
    @Test(arguments: [8, 93] as [UInt16]) func bombsStopAtTheDeclaredSize(method: UInt16) throws {
        // A thousand times the declared size and more would come out.
        let declared = ArrayBytes(descr: "'|u1'", shape: "(100,)", payload: [UInt8](repeating: 0, count: 100)).bytes
        let bomb = declared + [UInt8](repeating: 0, count: 20 << 20)
        var member = seed(method, of: declared)
        member.pack(Self.packed(bomb, method))
        try expect(.mismatch, "the member unpacks to more", of: member)
    }

    // Z01
    @Test func archivesThatUnpackToFarMore() throws {
        // Four megabytes of zeros a frame, 100 frames, ten thousand times the file.
        let frame = ArchiveBytes.zstandard([UInt8](repeating: 0, count: 4 << 20))
        let header = ArrayBytes(descr: "'|u1'", shape: "(\(400 << 20),)").bytes
        var member = seed(93, of: header)
        member.pack(member.packed + Array(repeating: frame, count: 100).joined())
        member.both { $0.size = UInt32(header.count + 400 << 20) }
        try Fixtures.withFile(ArchiveBytes([member]).bytes) { path in
            let error = try Fixtures.failure { _ = try NumPyArchive(path) }
            #expect(error?.kind == .limit)
            #expect(error?.remedy.contains("expansion limit") == true)
            // Raised, it opens, and only the header has been unpacked.
            let archive = try NumPyArchive(path, options: NumPyOptions(expansionLimit: 1_000_000))
            #expect(archive.tensors[0].byteCount == 400 << 20)
        }
    }

    // Z01, Z17: the shape is compared with the size before anything but the header is unpacked.
    @Test(arguments: [0, 8, 93] as [UInt16]) func arraysThatDoNotFillTheirMember(method: UInt16) throws {
        for shape in ["(299999,)", "(300001,)", "(1000000000000,)", "()", "(0,)"] {
            let content = ArrayBytes(descr: "'|u1'", shape: shape, payload: Self.payload).bytes
            try expect(.mismatch, "the member has 300000", of: seed(method, of: content))
        }
        try expect(.truncated, "a header has at least 10", of: seed(method, of: Array(Self.content[..<9])))
        try expect(.truncated, "runs past", of: seed(method, of: Array(Self.content[..<30])))
        try expect(.foreign, "magic", of: seed(method, of: Array(Self.content[1...])))
    }

    // Z02
    @Test func sizesThatAreNotTrue() throws {
        for method in [8, 93] as [UInt16] {
            // The stream gives one byte less, and one more, than stated; the header agrees with what is stated.
            var short = seed(method)
            short.pack(Self.packed(Array(Self.content.dropLast()), method))
            try expect(.mismatch, "unpacks to 300", of: short)
            var long = seed(method)
            long.pack(Self.packed(Self.content + [0], method))
            try expect(.mismatch, "unpacks to more", of: long)
        }
        var stored = seed(0)
        stored.both { $0.size += 1 }
        try expect(.mismatch, "a stored member of", of: stored)
    }

    // Z07
    @Test(arguments: [0, 8, 93] as [UInt16]) func wrongChecksums(method: UInt16) throws {
        var wrong = seed(method)
        wrong.both { $0.checksum ^= 0x8000_0000 }
        try expect(.mismatch, "CRC-32", of: wrong)
        guard method == 0 else { return }
        var flipped = seed(method)
        flipped.packed[200_000] ^= 1
        try expect(.mismatch, "CRC-32", of: flipped)
    }

    // Z18
    @Test(arguments: [8, 93] as [UInt16]) func streamsThatEndElsewhere(method: UInt16) throws {
        let whole = Self.packed(Self.content, method)
        for count in [0, 1, 2, 5, whole.count / 2, whole.count - 1] {
            var cut = seed(method)
            cut.pack(Array(whole[..<count]))
            let error = try #require(try failure(cut))
            #expect(error.kind == .malformed || error.kind == .mismatch, "\(error)")
        }
        var padded = seed(method)
        padded.packed += [0, 0, 0]
        padded.both { $0.compressedSize += 3 }
        try expect(.malformed, method == 8 ? "bytes follow the packed stream" : "zstd stream", of: padded)
        var broken = seed(method)
        broken.packed = [UInt8](repeating: 0xFF, count: 100)
        broken.both { $0.compressedSize = 100 }
        try expect(.malformed, "is broken", of: broken)
    }

    // Z16
    @Test func framesOfEveryKind() throws {
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
        let (first, second) = (Array(Self.content[..<1_000]), Array(Self.content[1_000...]))
        let frames = skippable + Self.packed(first, 93) + skippable + Self.packed(second, 93) + skippable
        var several = seed(93)
        several.pack(frames)
        try Fixtures.withFile(ArchiveBytes([several]).bytes) { path in
            let archive = try NumPyArchive(path)
            #expect(try archive.bytes(of: archive.tensors[0]) == Self.payload)
        }
        // Magic, then: a window of 2 GiB; a dictionary numbered 5. Then one raw block of the content's first bytes.
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        let block: [UInt8] = [UInt8(truncatingIfNeeded: 138 << 3 | 1), 138 >> 5, 0] + Self.content[..<138]
        for (head, word) in [([0x00, 0xA8] as [UInt8], "is broken"), ([0x01, 0x38, 5], "is broken")] {
            var member = seed(93, of: Array(Self.content[..<138]))
            member.pack(magic + head + block)
            try expect(.malformed, word, of: member)
        }
        // The same frame with a window of 128 KiB is sound.
        let small = ArrayBytes(descr: "'|u1'", shape: "(4,)", payload: [1, 2, 3, 4]).bytes
        var raw = seed(93, of: small)
        let header = [UInt8(truncatingIfNeeded: small.count << 3 | 1), UInt8(small.count >> 5), 0]
        raw.pack(magic + [0x00, 0x38] + header + small)
        #expect(try failure(raw) == nil)
    }

    /// Whatever bit is flipped, arrays that still read are the original ones.
    /// (What is packed differently only differs in the packed bytes: there some will do.)
    @Test(arguments: ["stored.npz", "descriptors.npz", "deflated.npz", "zstd.npz"])
    func everyFlippedByte(name: String) throws {
        let bytes = try Fixtures.goldenBytes(name)
        var accepted = 0
        for place in bytes.indices {
            for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] as [UInt8] {
                var flipped = bytes
                flipped[place] ^= flip
                do {
                    let archive = try NumPyArchive(InputFile(bytes: flipped, name: name))
                    let arrays = try archive.bytes(of: archive.tensors)
                    for (tensor, array) in zip(archive.tensors, arrays) {
                        #expect(array == Fixtures.goldenArray(tensor), "byte \(place): \(tensor)")
                    }
                    accepted += 1
                } catch is TensorFileError {}
            }
        }
        // Dates, versions and attributes mean nothing here.
        #expect(accepted > 0)
    }
}
