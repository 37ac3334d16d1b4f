import NumPy
import TensorFile

/// Puts the input into a sound archive of one member: a byte for the method, four for the checksum, four for the size, then
/// the packed bytes. Streaming and reading at once must agree, whether they succeed or fail.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 9 else { return 0 }
    let input = unsafe UnsafeBufferPointer(start: start, count: count)
    let archive = InputFile(bytes: unsafe archive(of: input), name: "input")
    // Whole arrays of more than this would only slow the search down.
    guard let file = try? NumPyArchive(archive), let tensor = file.tensors.first, tensor.byteCount <= 1 << 16 else {
        return 0
    }
    var streamed: [UInt8] = []
    let isWhole = (try? file.stream(tensor, chunkBytes: 100) { streamed += $0 }) != nil
    precondition(streamed.count <= tensor.byteCount)
    let read = try? file.bytes(of: [tensor])
    precondition(isWhole ? read == [streamed] : read == nil)
    return 0
}

private func archive(of input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let method = unsafe input[0]
    let packed = unsafe input[9...]
    let name = Array("a.npy".utf8)
    var common: [UInt8] = [20, 0, 0, 0, method, 0, 0, 0, 33, 0]
    unsafe common += input[1..<5]
    common += littleEndian(packed.count)
    unsafe common += input[5..<9]
    common += [5, 0, 0, 0]
    var archive: [UInt8] = [0x50, 0x4B, 3, 4] + common + name
    unsafe archive += packed
    let directory = [0x50, 0x4B, 1, 2, 20, 3] + common + Array(repeating: 0, count: 14) + name
    let offset = archive.count
    archive += directory
    archive += [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0]
    archive += littleEndian(directory.count) + littleEndian(offset) + [0, 0]
    return archive
}

private func littleEndian(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
