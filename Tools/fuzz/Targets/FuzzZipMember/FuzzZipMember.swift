import Foundation
import NumPy
import TensorFile

/// The file that holds the input at hand, because the reader wants one; beside the corpora (`run` starts there).
private let path = ".build/FuzzZipMember.npz"

/// Puts the input into a sound archive of one member: a byte for the method, four for the checksum, four for the size, then
/// the packed bytes. Streaming and reading at once must agree, whether they succeed or fail.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 9 else { return 0 }
    let input = unsafe Data(bytes: start, count: count)
    let method = input[0], packed = input[9...]
    let sums = input[1..<5] + Data(littleEndian: UInt32(packed.count)) + input[5..<9]
    let common = Data([20, 0, 0, 0, method, 0, 0, 0, 33, 0]) + sums + Data([5, 0, 0, 0])
    var archive = Data([0x50, 0x4B, 3, 4]) + common + Data("a.npy".utf8) + packed
    let directory = Data([0x50, 0x4B, 1, 2, 20, 3]) + common + Data(count: 14) + Data("a.npy".utf8)
    archive += directory
    let offset = archive.count - directory.count
    archive += Data([0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0])
    archive += Data(littleEndian: UInt32(directory.count)) + Data(littleEndian: UInt32(offset)) + Data([0, 0])
    // A new file each time, and not by `Data.write`: anything else waits for the disk.
    unlink(path)
    guard let stream = fopen(path, "wb"), fwrite(Array(archive), 1, archive.count, stream) == archive.count,
        fclose(stream) == 0
    else { fatalError("\(path) cannot be written") }

    // Whole arrays of more than this would only slow the search down.
    guard let file = try? NumPyArchive(path), let tensor = file.tensors.first, tensor.byteCount <= 1 << 16 else {
        return 0
    }
    var streamed: [UInt8] = []
    let isWhole = (try? file.stream(tensor, chunkBytes: 100) { streamed += $0 }) != nil
    precondition(streamed.count <= tensor.byteCount)
    let read = try? file.bytes(of: [tensor])
    precondition(isWhole ? read == [streamed] : read == nil)
    return 0
}

extension Data {
    fileprivate init(littleEndian value: UInt32) {
        self = Swift.withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }
}
