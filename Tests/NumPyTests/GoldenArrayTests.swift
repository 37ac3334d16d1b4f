import NumPy
import TensorFile
import TestSupport
import Testing

/// Arrays that NumPy and ml_dtypes wrote.
@Suite struct GoldenArrayTests {
    private static let types: [(code: String, type: ElementType)] = [
        ("b1", .bool), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64), ("u1", .uint8),
        ("u2", .uint16), ("u4", .uint32), ("u8", .uint64), ("f2", .float16), ("f4", .float32), ("f8", .float64),
        ("c8", .complex64), ("c16", .complex128),
    ]

    @Test(arguments: types) func readsBothByteOrders(code: String, type: ElementType) throws {
        for order in ["little", "big"] where !(order == "big" && code.hasSuffix("1")) {
            let file = try NumPyArrayFile(Fixtures.golden("\(order)-\(code).npy"))
            #expect(file.tensor.name == "\(order)-\(code)")
            #expect(file.tensor.type == type)
            #expect(file.tensor.shape == [3, 5])
            #expect(file.warnings.isEmpty)
            #expect(try file.bytes(of: file.tensor) == Fixtures.goldenArray(file.tensor))
            // In chunks that are no whole number of values.
            #expect(try file.bytes(of: file.tensor, chunkBytes: 7) == Fixtures.goldenArray(file.tensor))
            let isPlain = (order == "little" || code.hasSuffix("1")) && code != "b1"
            #expect((file.location(of: file.tensor) != nil) == isPlain)
        }
    }

    @Test(arguments: ["fortran-3d", "fortran-big-2d", "scalar", "empty", "version-2", "version-3"])
    func readsLayoutsAndVersions(name: String) throws {
        let file = try NumPyArrayFile(Fixtures.golden("\(name).npy"))
        #expect(try file.bytes(of: file.tensor) == Fixtures.goldenArray(file.tensor))
    }

    @Test func readsWhatHasNoNameOnlyWithAHint() throws {
        let path = Fixtures.golden("bfloat16.npy")
        let error = try #require(try Fixtures.failure { _ = try NumPyArrayFile(path) })
        #expect(error.kind == .unsupported)
        #expect(error.remedy.contains("--void2=bf16"))
        let options = NumPyOptions(hints: NumPyHints(void2: .bfloat16, void1: .float8E4M3))
        let file = try NumPyArrayFile(path, options: options)
        #expect(file.tensor.type == .bfloat16)
        #expect(try file.bytes(of: file.tensor) == Fixtures.goldenArray(file.tensor))

        let small = try NumPyArrayFile(Fixtures.golden("float8_e4m3fn.npy"), options: options)
        #expect(small.tensor.type == .float8E4M3)
        #expect(try small.bytes(of: small.tensor).prefix(4) == [0xC4, 0xC0, 0xB8, 0])
        // NumPy itself cannot load this one again.
        let direct = try NumPyArrayFile(Fixtures.golden("float8_e5m2.npy"))
        #expect(direct.tensor.type == .float8E5M2)
        #expect(try direct.bytes(of: direct.tensor).prefix(4) == [0xC2, 0xC0, 0xBC, 0])
    }

    @Test(arguments: [
        ("object", "pickle"), ("text", "text"), ("dates", "dates"), ("record", "x, y"),
    ])
    func refusesByName(name: String, word: String) throws {
        let path = Fixtures.golden("\(name).npy")
        let error = try #require(try Fixtures.failure { _ = try NumPyArrayFile(path) })
        #expect(error.kind == .unsupported)
        #expect(error.file == path)
        #expect(error.cause.contains(word))
    }

    @Test(arguments: [
        ("candle-test.npy", true), ("ct2-mr_quilter.npy", true), ("numpy-python3.npy", true),
        ("numpy-win64python2.npy", true), ("numpy-py2-np0-objarr.npy", false), ("numpy-py2-objarr.npy", false),
        ("numpy-py3-objarr.npy", false),
    ])
    func readsOtherWriters(name: String, isReadable: Bool) throws {
        guard let path = TestFiles.reference("conformance/npy/\(name)")?.path else { return }
        let error = try Fixtures.failure {
            let file = try NumPyArrayFile(path)
            #expect(try file.bytes(of: file.tensor).count == file.tensor.byteCount)
        }
        #expect(error?.kind == (isReadable ? nil : .unsupported))
    }
}
