import NumPy
import TensorFile
import Testing

/// Arrays whose first dimension varies fastest in the file.
@Suite struct FortranOrderTests {
    /// Value number `index` (in C order) of an array of `width` bytes a value; no two neighbours are alike.
    private static func value(_ index: Int, width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8 &+ $0 &* 97) }
    }

    /// The same values in C order and as a file in Fortran order holds them.
    private static func values(_ shape: [Int], width: Int, isBigEndian: Bool) -> (c: [UInt8], fortran: [UInt8]) {
        let count = shape.reduce(1, *)
        var c: [UInt8] = []
        var fortran = [UInt8](repeating: 0, count: count * width)
        for number in 0..<count {
            let bytes = value(number, width: width)
            c += bytes
            var (rest, place) = (number, 0)
            var index = [Int](repeating: 0, count: shape.count)
            for axis in shape.indices.reversed() {
                index[axis] = rest % shape[axis]
                rest /= shape[axis]
            }
            for axis in shape.indices.reversed() { place = place * shape[axis] + index[axis] }
            let stored = isBigEndian ? bytes.reversed() : bytes
            fortran.replaceSubrange(place * width..<(place + 1) * width, with: stored)
        }
        return (c, fortran)
    }

    private func check(_ shape: [Int], _ code: String, _ slabBytes: Int) throws {
        let width = Int(code.dropFirst(2)) ?? 1
        let isBigEndian = code.hasPrefix(">")
        let (expected, stored) = Self.values(shape, width: width, isBigEndian: isBigEndian)
        let tuple = "(" + shape.map { "\($0)," }.joined() + ")"
        let content = ArrayBytes(descr: "'\(code)'", order: "True", shape: tuple, payload: stored).bytes
        var options = NumPyOptions()
        options.slabBytes = slabBytes
        try Fixtures.withFile(content) { path in
            let file = try NumPyArrayFile(path, options: options)
            #expect(try file.bytes(of: file.tensor, chunkBytes: 1_000) == expected, "\(shape) \(code) \(slabBytes)")
        }
        for (method, packed) in [(0, content), (8, ArchiveBytes.deflated(content))] as [(UInt16, [UInt8])] {
            let member = ArchiveBytes.Member("a.npy", content, method: method, packed: packed)
            try Fixtures.withFile(ArchiveBytes([member]).bytes) { path in
                let archive = try NumPyArchive(path, options: options)
                #expect(try archive.bytes(of: archive.tensors[0]) == expected, "\(shape) \(code) \(slabBytes)")
                #expect(try archive.bytes(of: archive.tensors) == [expected], "\(shape) \(code) \(slabBytes)")
            }
        }
    }

    @Test(arguments: ["<u1", "<u2", ">u2", "<f4", ">f4", "<f8", ">i8"]) func turnsRandomShapes(code: String) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var state = seed
        func draw(_ range: Range<Int>) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return range.lowerBound + Int(state >> 33) % range.count
        }
        for _ in 0..<12 {
            let shape = (0..<draw(0..<6)).map { _ in draw(0..<7) }
            try check(shape, code, 1)
        }
    }

    /// More rows than a slab takes (4 KiB of each column): the file is read in several passes.
    @Test(arguments: [
        ([4_097, 2], "<u1"), ([9_000, 3], "<u1"), ([2_100, 1, 2, 2], ">u2"), ([1_025, 5], "<f4"),
        ([1_200, 2, 3], ">i8"),
    ]) func turnsInSlabs(shape: [Int], code: String) throws {
        try check(shape, code, 1)
        try check(shape, code, 1 << 20)
    }

    @Test func turnsComplexNumbers() throws {
        // Halves are swapped each for itself: 1 + 2i, 3 + 4i; then 5 + 6i, 7 + 8i.
        let words: [Float] = [1, 2, 5, 6, 3, 4, 7, 8]
        let stored = words.flatMap { withUnsafeBytes(of: $0.bitPattern.bigEndian) { Array($0) } }
        let content = ArrayBytes(descr: "'>c8'", order: "True", shape: "(2, 2)", payload: stored).bytes
        try Fixtures.withFile(content) { path in
            let file = try NumPyArrayFile(path)
            let expected = (1...8).flatMap { Fixtures.bytes(Float($0).bitPattern) }
            #expect(try file.bytes(of: file.tensor) == expected)
        }
    }

    @Test func checksumsCoverSlabs() throws {
        let content = ArrayBytes(
            descr: "'|u1'",
            order: "True",
            shape: "(5000, 2)",
            payload: [UInt8](repeating: 7, count: 10_000)
        ).bytes
        var member = ArchiveBytes.Member("a.npy", content)
        member.both { $0.checksum ^= 1 }
        var options = NumPyOptions()
        options.slabBytes = 1
        try Fixtures.withFile(ArchiveBytes([member]).bytes) { path in
            let archive = try NumPyArchive(path, options: options)
            var chunks = 0
            let error = try Fixtures.failure {
                try archive.stream(archive.tensors[0], chunkBytes: 64) { _ in chunks += 1 }
            }
            #expect(error?.kind == .mismatch)
            #expect(chunks == 0)
        }
    }

    /// With at most one dimension above 1 both orders are the same, and the data can be used in place.
    @Test(arguments: ["(5,)", "(1, 5)", "(5, 1)", "(1, 5, 1)", "(1, 1)", "()", "(0, 5)"])
    func ordersThatAgree(shape: String) throws {
        let payload = [UInt8](repeating: 1, count: 5)
        try Fixtures.withFile(ArrayBytes(descr: "'|u1'", order: "True", shape: shape, payload: payload).bytes) { path in
            let file = try NumPyArrayFile(path)
            #expect(file.location(of: file.tensor) != nil)
        }
    }
}
