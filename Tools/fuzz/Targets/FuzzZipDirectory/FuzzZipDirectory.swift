import NumPy
import TensorFile

/// Reads the input as an archive, strictly and leniently. What is accepted must be sound, and lenient reading must accept
/// whatever strict reading does, alike.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let file = unsafe InputFile(bytes: Array(UnsafeBufferPointer(start: start, count: count)), name: "input")
    let strict = try? NumPyArchive(file, options: NumPyOptions(strictness: .strict))
    let lenient = try? NumPyArchive(file, options: NumPyOptions(skipsForeignTypes: true))
    if let strict { precondition(strict.tensors == lenient?.tensors && strict.warnings.isEmpty) }
    guard let archive = lenient else { return 0 }
    precondition(Set(archive.tensors.map { TensorName($0.name) }).count == archive.tensors.count)
    var places: [Range<Int>] = []
    for tensor in archive.tensors {
        if let place = archive.location(of: tensor) {
            precondition(place.byteCount == tensor.byteCount)
            places.append(place.offset..<place.offset + place.byteCount)
        }
        // What deflate makes of a few bytes is checked by the target for members.
        guard tensor.byteCount <= 1 << 16 else { continue }
        var streamed = 0
        let isWhole = (try? archive.stream(tensor, chunkBytes: 100) { streamed += $0.count }) != nil
        precondition(streamed <= tensor.byteCount && (!isWhole || streamed == tensor.byteCount))
    }
    places.sort { $0.lowerBound < $1.lowerBound }
    for (one, next) in zip(places, places.dropFirst()) { precondition(one.upperBound <= next.lowerBound) }
    precondition(places.last.map { $0.upperBound <= count } ?? true)
    return 0
}
