import Foundation
import NumPy
import TensorFile
import TestSupport
import Testing

/// Arrays that are cut, damaged or meant to do harm. Each must give its own error, from a file and within an archive.
@Suite struct HostileArrayTests {
    /// The error of opening `bytes` as an array file; the header's own reader must agree where it sees the same fault.
    private func failure(
        _ bytes: [UInt8],
        _ options: NumPyOptions = NumPyOptions()
    ) throws -> TensorFileError? {
        let fromFile = try Fixtures.withFile(bytes, named: "x.npy") { path in
            try Fixtures.failure { _ = try NumPyArrayFile(path, options: options) }
        }
        let fromMemory = try Fixtures.failure { _ = try NumPyHeader(parsing: bytes, options: options) }
        // Memory knows no data sizes, so it may be content where the file is not.
        if let fromMemory { #expect(fromMemory.kind == fromFile?.kind) }
        if let fromFile { #expect(fromFile.file.hasSuffix("x.npy")) }
        return fromFile
    }

    private func expect(
        _ kind: TensorFileError.Kind,
        _ word: String,
        of array: ArrayBytes,
        _ options: NumPyOptions = NumPyOptions(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let error = try #require(
            try failure(array.bytes, options),
            "accepted: \(array.text.prefix(80))",
            sourceLocation: sourceLocation
        )
        #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
        #expect("\(error)".contains(word), "\(error)", sourceLocation: sourceLocation)
    }

    private static let payload = [UInt8](repeating: 0, count: 24)

    // N01
    @Test func everyPrefixIsTruncated() throws {
        for name in ["little-f4.npy", "version-2.npy", "version-3.npy", "fortran-3d.npy"] {
            let bytes = try Fixtures.goldenBytes(name)
            for count in 0..<bytes.count {
                let error = try #require(try failure(Array(bytes[..<count])))
                #expect(error.kind == .truncated, "\(name), \(count) bytes: \(error)")
            }
            #expect(try failure(bytes) == nil)
        }
    }

    // N02
    @Test func headerLengthPastTheEnd() throws {
        var array = ArrayBytes(payload: Self.payload)
        array.version = (2, 0)
        for length in [0xFFFF_FFF0, 0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 200] {
            array.statedLength = length
            try expect(.truncated, "runs past", of: array)
        }
        array.version = (1, 0)
        array.statedLength = 0xFFFF
        try expect(.truncated, "runs past", of: array)
    }

    // N03
    @Test func longHeaders() throws {
        for length in [10_001, 12_000, 65_000] {
            var array = ArrayBytes(payload: Self.payload)
            array.text += String(repeating: " ", count: length - array.text.utf8.count)
            try expect(.limit, "the limit is 10000", of: array)
            #expect(try failure(array.bytes, NumPyOptions(headerLimit: 65_535)) == nil)
        }
        var atTheLimit = ArrayBytes(payload: Self.payload)
        atTheLimit.text += String(repeating: " ", count: 10_000 - atTheLimit.text.utf8.count)
        #expect(try failure(atTheLimit.bytes) == nil)
    }

    // N04
    @Test(arguments: [
        ("(1000000000000,)", TensorFileError.Kind.truncated, "takes 4000000000000 bytes"),
        ("(2305843009213693951,)", .truncated, "takes 9223372036854775804"),
        ("(2305843009213693952,)", .overflow, "2^63"),
        ("(4611686018427387904, 4)", .overflow, "2^63"),
        ("(9223372036854775807,)", .overflow, "2^63"),
        ("(9223372036854775808,)", .overflow, "2^63"),
        ("(18446744073709551615,)", .overflow, "2^63"),
        ("(18446744073709551617,)", .overflow, "2^63"),
        ("(0, 4611686018427387904, 4)", .overflow, "2^63"),
        ("(2147483648,)", .truncated, "takes"), ("(4294967296,)", .truncated, "takes"),
        ("(9007199254740992,)", .truncated, "takes"),
    ])
    func hugeShapes(shape: String, kind: TensorFileError.Kind, word: String) throws {
        try expect(kind, word, of: ArrayBytes(shape: shape, payload: Self.payload))
    }

    // N05
    @Test(arguments: ["'|O'", "'O'", "[('a', '<f4'), ('b', '|O')]", "[('a', [('b', [('c', '|O')])])]"])
    func objectsAreNeverRead(descr: String) throws {
        try TestFiles.withTemporaryFolder { folder in
            // A pickle that would create a file if anything ran it.
            let trap = folder.appending(path: "trap").path
            let pickle = "cos\nsystem\n(S'touch \(trap)'\ntR."
            let array = ArrayBytes(descr: descr, shape: "(1,)", payload: Array(pickle.utf8))
            try expect(.unsupported, "never read", of: array)
            #expect(!FileManager.default.fileExists(atPath: trap))
        }
    }

    // N06
    @Test func deepNesting() throws {
        for (open, close) in [("(", ")"), ("[", "]"), ("{1: ", "}")] {
            let shape = String(repeating: open, count: 300) + "1" + String(repeating: close, count: 300)
            try expect(.limit, "nest deeper than 8", of: ArrayBytes(shape: shape))
            try expect(.limit, "nest deeper than 8", of: ArrayBytes(shape: String(repeating: open, count: 2_000)))
        }
        // The dictionary itself and seven more are the limit.
        let deepest = String(repeating: "[", count: 7) + String(repeating: "]", count: 7)
        try expect(.unsupported, "structured", of: ArrayBytes(descr: deepest))
    }

    // N07
    @Test(arguments: [
        ("(int(3),)", "the name int"), ("(np.int64,)", "the name np"), ("(2*3,)", "',' or ')' expected"),
        ("(1+1,)", "',' or ')' expected"), ("(f'2',)", "prefix f"), ("(b'2',)", "prefix b"), ("(u'2',)", "prefix u"),
        ("(__import__('os'),)", "the name __import__"), ("(0x10,)", "no whole decimal number"),
        ("(1_000,)", "no whole decimal number"), ("(1e3,)", "no whole decimal number"), ("(~1,)", "no value starts"),
        ("(1 if True else 2,)", "',' or ')' expected"), ("(lambda: 1,)", "the name lambda"), ("(-,)", "a digit"),
        ("(1,) # note", "',' or '}' expected"), ("('\\u0031',)", "escape"), ("('a' 'b',)", "',' or ')' expected"),
        ("(true,)", "the name true"), ("(,)", "no value starts"), ("(010,)", "begins with a zero"),
        ("(-00,)", "begins with a zero"), ("(1,,)", "no value starts"),
    ])
    func notALiteral(shape: String, word: String) throws {
        try expect(.malformed, word, of: ArrayBytes(shape: shape, payload: Self.payload))
    }

    // N08
    @Test func dataOfTheWrongLength() throws {
        try expect(.truncated, "takes 24 bytes, 23 follow", of: ArrayBytes(payload: Array(Self.payload.dropLast())))
        let long = ArrayBytes(payload: Self.payload + [1])
        try expect(.gap, "1 bytes follow", of: long, NumPyOptions(strictness: .strict))
        try Fixtures.withFile(long.bytes) { path in
            let file = try NumPyArrayFile(path)
            #expect(file.warnings == ["1 bytes after the array are ignored"])
            #expect(try file.bytes(of: file.tensor) == Self.payload)
        }
    }

    // N09
    @Test(arguments: [
        ("(-1,)", "negative"), ("(2, -9223372036854775808)", "negative"), ("(True,)", "a boolean"),
        ("(2.0,)", "no whole decimal number"), ("[2, 3]", "a list"), ("6", "a number"), ("None", "None"),
        ("('2',)", "a string"), ("((2,), 3)", "a tuple"),
    ])
    func invalidShapes(shape: String, word: String) throws {
        try expect(.malformed, word, of: ArrayBytes(shape: shape, payload: Self.payload))
    }

    // N10
    @Test func keys() throws {
        let (descr, order, shape) = ("'descr': '<f4'", "'fortran_order': False", "'shape': (2, 3)")
        for text in ["{\(descr), \(order)}", "{\(descr), \(shape)}", "{\(order), \(shape)}", "{}"] {
            try expect(.malformed, "is missing", of: ArrayBytes(text: text, payload: Self.payload))
        }
        for extra in ["'more': 1", "1: 2", "'Shape': (1,)", "None: None", "(1, 2): 3", "'shape ': (1,)"] {
            let text = "{\(descr), \(order), \(shape), \(extra)}"
            try expect(.malformed, "a key other than", of: ArrayBytes(text: text, payload: Self.payload))
        }
        for twice in [descr, order, shape] {
            let text = "{\(descr), \(order), \(shape), \(twice)}"
            try expect(.duplicate, "stands twice", of: ArrayBytes(text: text, payload: Self.payload))
        }
        try expect(.malformed, "no dictionary", of: ArrayBytes(text: "(1, 2)", payload: Self.payload))
    }

    // N11
    @Test(arguments: ["1", "0", "'True'", "None", "()"]) func orderThatIsNoBoolean(order: String) throws {
        try expect(.malformed, "True or False", of: ArrayBytes(order: order, payload: Self.payload))
    }

    // N12
    @Test(arguments: [(0, 0), (1, 1), (2, 1), (3, 1), (4, 0), (255, 255)] as [(UInt8, UInt8)])
    func versions(major: UInt8, minor: UInt8) throws {
        var array = ArrayBytes(payload: Self.payload)
        array.version = (major, minor)
        try expect(.unsupported, "version \(major).\(minor)", of: array)
    }

    // N13
    @Test func ambiguousAndForeignNumbers() throws {
        try expect(.unsupported, "--void2=bf16", of: ArrayBytes(descr: "'<V2'"))
        try expect(.unsupported, "--void1=", of: ArrayBytes(descr: "'|V1'"))
        try expect(.unsupported, "long double", of: ArrayBytes(descr: "'<f16'"))
        try expect(.unsupported, "long double", of: ArrayBytes(descr: "'<c32'"))
        try expect(.unsupported, "'<g2' is unknown", of: ArrayBytes(descr: "'<g2'"))
        let wrong = NumPyOptions(hints: NumPyHints(void2: .float32, void1: .float4))
        try expect(.unsupported, "has 2 bytes a value, F32 has not", of: ArrayBytes(descr: "'<V2'"), wrong)
        try expect(.unsupported, "has 1 bytes a value, F4 has not", of: ArrayBytes(descr: "'|V1'"), wrong)
    }

    // N14
    @Test(arguments: [
        ("[('x', '<f4'), ('y', '<i2', (2,))]", "the fields x, y"), ("('<f4', (2,))", "subarray"),
        ("'<U5'", "text"), ("'|S3'", "text"), ("'|a3'", "text"), ("'<M8[D]'", "dates"), ("'<m8'", "dates"),
        ("'|V0'", "raw bytes"), ("'|V2147483647'", "raw bytes"), ("''", "unknown"), ("'<'", "unknown"),
        ("'<<f4'", "unknown"), ("'<f3'", "unknown"), ("'<f４'", "unknown"), ("'f4 '", "unknown"), ("'i16'", "unknown"),
        ("[]", "structured"),
    ])
    func typesThatTensorsLack(descr: String, word: String) throws {
        var array = ArrayBytes(descr: descr, payload: Self.payload)
        array.version = (3, 0)
        try expect(.unsupported, word, of: array)
    }

    @Test(arguments: ["4", "None", "True", "{}"]) func typeThatIsNoCode(descr: String) throws {
        try expect(.malformed, "a type code", of: ArrayBytes(descr: descr, payload: Self.payload))
    }

    // N15
    @Test func malformedHeaders() throws {
        let good = ArrayBytes(payload: Self.payload).text.dropLast()
        try expect(.malformed, "text after the end", of: ArrayBytes(text: good + " x"))
        try expect(.malformed, "text after the end", of: ArrayBytes(text: good + "{}"))
        try expect(.malformed, "empty", of: ArrayBytes(text: ""))
        try expect(.malformed, "empty", of: ArrayBytes(text: " \n"))
        try expect(.malformed, "a number where a tuple", of: ArrayBytes(shape: "(6)", payload: Self.payload))
        try expect(.malformed, "does not end", of: ArrayBytes(text: "{'descr"))
        try expect(.malformed, "end of its line", of: ArrayBytes(text: "{'descr\n': 1}"))
        for count in 0..<good.utf8.count {
            #expect(try failure(ArrayBytes(text: String(good.prefix(count))).bytes) != nil)
        }
        var invalid = ArrayBytes(payload: Self.payload).bytes
        invalid[6] = 3
        invalid.replaceSubrange(8..<10, with: [invalid[8], invalid[9], 0, 0])
        invalid[15] = 0xFF
        #expect(try failure(invalid)?.kind == .malformed)
    }

    // N16
    @Test func otherFormats() throws {
        for (bytes, word) in [
            ([0x80, 4, 0x95] as [UInt8], "pickle"), ([0x50, 0x4B, 3, 4], "ZIP"),
            (Array("<!DOCTYPE html><html>".utf8), "HTML"), (Array("hello, world".utf8), "magic"),
            (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "LFS"),
        ] {
            let error = try Fixtures.withFile(bytes + [UInt8](repeating: 0, count: 32)) { path in
                try #require(try Fixtures.failure { _ = try NumPyArrayFile(path) })
            }
            #expect(error.kind == .foreign)
            #expect("\(error)".contains(word), "\(error)")
        }
    }

    // N17
    @Test func rank() throws {
        for (rank, isReadable) in [(0, true), (1, true), (64, true), (65, false), (1_000, false)] {
            let shape = "(" + String(repeating: "1,", count: rank) + ")"
            let array = ArrayBytes(shape: shape, payload: [0, 0, 0, 0])
            if isReadable {
                #expect(try failure(array.bytes) == nil)
            } else {
                try expect(.limit, "\(rank) dimensions, the limit is 64", of: array)
            }
        }
    }

    /// What other writers are known to do, and NumPy reads.
    @Test(arguments: [
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 3)}",
        "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}",
        "  {'descr':'<f4','fortran_order':False,'shape':(2,3)}",
        "{'descr': 'f4', 'fortran_order': False, 'shape': (2L, 3L), }   \n",
        "{'descr': '=f4', 'fortran_order': False, 'shape': ((2), 3), }\n\n",
        "{'descr': '\\x3cf4', 'fortran_order': False,\n 'shape': (2, 3), }",
        "{\n'descr'\t:\r'|f4'\u{C},'fortran_order': (False), 'shape': (2, 3,), }",
    ])
    func acceptsVariants(text: String) throws {
        try Fixtures.withFile(ArrayBytes(text: text, payload: Self.payload).bytes) { path in
            let file = try NumPyArrayFile(path)
            #expect(file.tensor.type == .float32)
            #expect(file.tensor.shape == [2, 3])
        }
    }

    @Test func longSuffixEndsWithVersion2() throws {
        var array = ArrayBytes(shape: "(2L, 3L)", payload: Self.payload)
        array.version = (2, 0)
        #expect(try failure(array.bytes) == nil)
        array.version = (3, 0)
        try expect(.malformed, "no whole decimal number", of: array)
    }

    @Test func boolBytesAreNormalised() throws {
        let array = ArrayBytes(descr: "'|b1'", shape: "(5,)", payload: [0, 1, 2, 0x80, 0xFF])
        try Fixtures.withFile(array.bytes) { path in
            let file = try NumPyArrayFile(path)
            #expect(try file.bytes(of: file.tensor) == [0, 1, 1, 1, 1])
            #expect(file.location(of: file.tensor) == nil)
        }
    }

    /// No flip of a header's bit may trap, and what is still read must fit in the file.
    @Test func everyFlippedBit() throws {
        for name in ["little-f4.npy", "fortran-3d.npy", "version-3.npy", "record.npy"] {
            let bytes = try Fixtures.goldenBytes(name)
            for place in 0..<min(bytes.count, 128) {
                for bit in 0..<8 {
                    var flipped = bytes
                    flipped[place] ^= 1 << bit
                    try Fixtures.withFile(flipped) { path in
                        do {
                            let file = try NumPyArrayFile(path)
                            let count = try file.bytes(of: file.tensor).count
                            #expect(count == file.tensor.byteCount && count <= bytes.count)
                        } catch is TensorFileError {}
                    }
                }
            }
        }
    }

    /// The same for every value of every byte; what is still accepted must be sound.
    @Test func everyChangedByte() throws {
        for name in ["little-f4.npy", "fortran-3d.npy", "version-2.npy", "version-3.npy", "record.npy"] {
            let bytes = Array(try Fixtures.goldenBytes(name).prefix(128))
            for place in bytes.indices {
                for value in [UInt8](0...255) where value != bytes[place] {
                    var changed = bytes
                    changed[place] = value
                    guard let header = try? NumPyHeader(parsing: changed) else { continue }
                    #expect(header.byteCount <= bytes.count)
                    #expect(header.shape.allSatisfy { $0 >= 0 })
                }
            }
        }
    }
}
