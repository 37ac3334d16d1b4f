import NumPy
import TensorFile
import TestSupport
import Testing

/// Archives that NumPy and Python's zipfile wrote.
@Suite struct GoldenArchiveTests {
    @Test(arguments: ["stored", "deflated", "descriptors", "zstd", "plain-zip"])
    func readsArchives(name: String) throws {
        let archive = try NumPyArchive(Fixtures.golden("\(name).npz"))
        #expect(
            archive.tensors.map(\.name) == [
                "weight", "layers/0/bias", "größe", "mask", "turned", "scalar", "empty",
            ]
        )
        #expect(archive.tensors.map(\.shape) == [[6, 4], [7], [2], [9], [3, 2], [], [0]])
        #expect(archive.warnings.isEmpty)
        for tensor in archive.tensors {
            #expect(try archive.bytes(of: tensor) == Fixtures.goldenArray(tensor))
            #expect(try archive.bytes(of: tensor, chunkBytes: 1) == Fixtures.goldenArray(tensor))
        }
    }

    @Test func locatesStoredArrays() throws {
        let archive = try NumPyArchive(Fixtures.golden("stored.npz"))
        for tensor in archive.tensors {
            let place = archive.location(of: tensor)
            // Booleans need a check of every byte; the other one has Fortran order.
            #expect((place == nil) == ["mask", "turned"].contains(tensor.name))
            if let place {
                let bytes = try place.file.bytes(at: place.offset, count: place.byteCount)
                #expect(bytes == Fixtures.goldenArray(tensor))
            }
        }
        let packed = try NumPyArchive(Fixtures.golden("deflated.npz"))
        for tensor in packed.tensors { #expect(packed.location(of: tensor) == nil) }
    }

    @Test func readsAnEmptyArchive() throws {
        let archive = try NumPyArchive(Fixtures.golden("none.npz"))
        #expect(archive.tensors.isEmpty)
    }

    @Test func refusesOrListsObjects() throws {
        let path = Fixtures.golden("object.npz")
        let error = try #require(try Fixtures.failure { _ = try NumPyArchive(path) })
        #expect(error.kind == .unsupported)
        #expect(error.place.contains("a.npy"))
        #expect(error.cause.contains("pickle"))
        let archive = try NumPyArchive(path, options: NumPyOptions(skipsForeignTypes: true))
        #expect(archive.tensors.map(\.name) == ["b"])
        #expect(archive.warnings.count == 1)
    }

    @Test func refusesTensorsOfOtherFiles() throws {
        let archive = try NumPyArchive(Fixtures.golden("stored.npz"))
        let other = try TensorDescriptor(name: "weight", type: .float32, shape: [4, 6])
        #expect(try Fixtures.failure { _ = try archive.bytes(of: other) }?.kind == .missing)
        #expect(archive.location(of: other) == nil)
    }

    @Test(arguments: [
        ("candle-test.npz", true), ("cs336-test_adamw.npz", true), ("cs336-test_linear.npz", true),
        ("cs336-test_rope.npz", true), ("numpy-py2-objarr.npz", false), ("numpy-py3-objarr.npz", false),
    ])
    func readsOtherWriters(name: String, isReadable: Bool) throws {
        guard let path = TestFiles.reference("conformance/npy/\(name)")?.path else { return }
        let error = try Fixtures.failure {
            let archive = try NumPyArchive(path)
            #expect(!archive.tensors.isEmpty)
            for tensor in archive.tensors { #expect(try archive.bytes(of: tensor).count == tensor.byteCount) }
        }
        #expect(error?.kind == (isReadable ? nil : .unsupported))
    }
}
