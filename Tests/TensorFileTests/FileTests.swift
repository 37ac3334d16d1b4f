import Foundation
import TensorFile
import TestSupport
import Testing

@Suite struct FileTests {
    private func failureKind(_ body: () throws -> Void) -> TensorFileError.Kind? {
        do {
            try body()
            return nil
        } catch {
            return (error as? TensorFileError)?.kind
        }
    }

    @Test func bytesInMemoryStandForAFile() throws {
        let file = InputFile(bytes: [1, 2, 3, 4], name: "memory")
        #expect(file.size == 4 && file.path == "memory")
        #expect(try file.bytes(at: 1, count: 2) == [2, 3])
        #expect(try file.bytes(at: 4, count: 0) == [])
        #expect(failureKind { _ = try file.bytes(at: 3, count: 2) } == .truncated)
        #expect(failureKind { _ = try file.bytes(at: -1, count: 1) } == .truncated)
        #expect(failureKind { try file.overwriteInPlace([9], at: 0) } == .unsupported)
        let mapped = try MappedFile(file)
        withExtendedLifetime(mapped) { #expect(Array(mapped.buffer) == [1, 2, 3, 4]) }
        #expect(try MappedFile(InputFile(bytes: [], name: "")).buffer.isEmpty)
    }

    @Test func outputAppearsOnlyWhenCommitted() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.bin").path
            do {
                let dropped = try OutputFile(path, replacing: false)
                try dropped.append([1, 2, 3])
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)

            let output = try OutputFile(path, replacing: false)
            try output.append([1, 2, 3, 4])
            try output.overwrite([9, 8], at: 1)
            #expect(!FileManager.default.fileExists(atPath: path))
            try output.commit()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.bin"])
            #expect(try InputFile(path).bytes(at: 0, count: 4) == [1, 9, 8, 4])

            #expect(failureKind { _ = try OutputFile(path, replacing: false) } == .exists)
            let second = try OutputFile(path, replacing: true)
            try second.append([7])
            try second.commit()
            #expect(try InputFile(path).bytes(at: 0, count: 1) == [7])
        }
    }

    @Test func folderReplacesAnOlderOne() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model").path
            for generation in ["one", "two"] {
                let output = try OutputFolder(path, replacing: true)
                let file = try OutputFile("\(output.path)/\(generation)", replacing: false)
                try file.append([1])
                try file.commit()
                try output.commit()
                #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [generation])
            }
            #expect(failureKind { _ = try OutputFolder(path, replacing: false) } == .exists)
            do { _ = try OutputFolder(folder.appending(path: "dropped").path, replacing: false) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
        }
    }

    @Test func interruptionRemovesEveryPendingOutput() throws {
        try TestFiles.withTemporaryFolder { folder in
            let pending = PendingOutput(for: folder.appending(path: "never").path)
            try Data([1]).write(to: URL(filePath: pending.path))
            // Only this one: other tests of the process have outputs of their own.
            pending.remove()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func readsAreChecked() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "in.bin").path
            try Data([1, 2, 3, 4]).write(to: URL(filePath: path))
            let file = try InputFile(path)
            #expect(try file.bytes(at: 1, count: 3) == [2, 3, 4])
            for (offset, count) in [(0, 5), (5, 0), (-1, 1), (4, 1), (.max, .max)] {
                #expect(throws: TensorFileError.self) { try file.bytes(at: offset, count: count) }
            }
            // Cut short after it was opened: an error, where a mapping would be a signal.
            #expect(truncate(path, 2) == 0)
            #expect(failureKind { _ = try file.bytes(at: 0, count: 4) } == .truncated)
            #expect(throws: TensorFileError.self) { try InputFile(folder.path) }
            #expect(failureKind { _ = try InputFile(path + ".none") } == .missing)
        }
    }

    @Test func readsLargeBuffers() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "large.bin").path
            let bytes = (0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try Data(bytes).write(to: URL(filePath: path))
            #expect(try InputFile(path).bytes(at: 3, count: bytes.count - 3) == Array(bytes.dropFirst(3)))
        }
    }

    @Test func sealedOutputsWaitForTheirNames() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.bin").path
            let output = try OutputFile(path, replacing: false)
            try output.append([1])
            try output.seal()
            #expect(!FileManager.default.fileExists(atPath: path))
            try output.commit()
            #expect(failureKind { try OutputFile.requireAbsence(of: path) } == .exists)
            do {
                let dropped = try OutputFile(path, replacing: true)
                try dropped.seal()
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.bin"])
        }
    }

    @Test func editsInPlace() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "in.bin").path
            try Data([1, 2, 3, 4]).write(to: URL(filePath: path))
            let file = try InputFile(path)
            try file.overwriteInPlace([8, 9], at: 1)
            #expect(try file.bytes(at: 0, count: 4) == [1, 8, 9, 4])
            #expect(failureKind { try file.overwriteInPlace([0], at: 4) } == .truncated)
            #expect(failureKind { try file.overwriteInPlace([0], at: -1) } == .truncated)
            // Another file took the name: its bytes are not ours to change.
            try FileManager.default.removeItem(atPath: path)
            try Data([5, 6, 7, 8]).write(to: URL(filePath: path))
            #expect(failureKind { try file.overwriteInPlace([0], at: 0) } == .system)
            #expect(try InputFile(path).bytes(at: 0, count: 4) == [5, 6, 7, 8])
        }
    }

    @Test func mapsWholeFiles() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "map.bin").path
            try Data([5, 6, 7]).write(to: URL(filePath: path))
            let map = try MappedFile(InputFile(path))
            let count = map.bytes.byteCount
            #expect(count == 3)
            #expect(map.buffer[2] == 7)
            try Data().write(to: URL(filePath: path + ".empty"))
            let empty = try MappedFile(InputFile(path + ".empty"))
            #expect(empty.buffer.count == 0)
        }
    }
}
