import Foundation
import NumPy
import TensorFile
import TestSupport
import Testing

/// Archives beyond the numbers of 16 and 32 bits.
@Suite struct LargeArchiveTests {
    typealias Member = ArchiveBytes.Member

    /// Five gigabytes of zeros that take no room on the disk, then a small array behind them.
    @Test func readsBeyondFourGigabytes() throws {
        let length = 5 << 30
        let header = ArrayBytes(descr: "'|u1'", shape: "(\(length),)").bytes
        let size = UInt64(header.count + length)
        var first = Member("large.npy", header)
        first.both { $0.extra = [1, 0, 16, 0] + Fixtures.bytes(size) + Fixtures.bytes(size) }
        first.both { ($0.size, $0.compressedSize) = (.max, .max) }
        var second = Member("small.npy", HostileArchiveTests.array)
        let offset = first.localBytes.count + header.count + length
        second.statedOffset = .max
        second.central.extra = [1, 0, 8, 0] + Fixtures.bytes(UInt64(offset))
        let tail = second.localBytes + second.packed
        let directory = first.centralBytes(offset: 0) + second.centralBytes(offset: 0)
        let place = offset + tail.count + directory.count
        let large = ArchiveBytes.LargeEnd(
            diskEntries: 2,
            entries: 2,
            directorySize: UInt64(directory.count),
            directoryOffset: UInt64(offset + tail.count),
            place: UInt64(place)
        )
        let end = ArchiveBytes.End(diskEntries: 2, entries: 2, size: UInt32(directory.count), offset: .max)
        try Fixtures.withFile(first.localBytes + header) { path in
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: tail + directory + large.bytes + end.bytes)
            try file.close()

            let archive = try NumPyArchive(path, options: NumPyOptions(strictness: .strict))
            #expect(archive.tensors.map(\.byteCount) == [length, 24])
            #expect(archive.location(of: archive.tensors[0])?.byteCount == length)
            #expect(try archive.bytes(of: archive.tensors[1]) == Array(0..<24))
        }
    }

    @Test func writesMoreMembersThan16BitsCount() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "many.npz").path
            let tensors = try (0..<65_536).map { number in
                try TensorDescriptor(name: "\(number)", type: .uint8, shape: [number % 2])
            }
            let writer = try NumPyArchiveWriter(path, tensors: tensors)
            for _ in 0..<32_768 { try writer.append([7]) }
            try writer.finish()
            let archive = try NumPyArchive(path, options: NumPyOptions(strictness: .strict))
            #expect(archive.tensors == tensors)
            #expect(try archive.bytes(of: tensors[65_535]) == [7])
        }
    }
}
