import Safetensors
import TensorFile

/// Reads the input as a whole safetensors file, strictly and leniently. What is accepted must be sound, and lenient
/// reading must accept whatever strict reading does, alike.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let file = unsafe Span(_unsafeStart: start, count: count)
    let strict = try? SafetensorsHeader(parsing: file, strictness: .strict)
    let lenient = try? SafetensorsHeader(parsing: file, strictness: .lenient)
    if let strict {
        precondition(strict.tensors == lenient?.tensors)
        precondition(strict.dataOffset + strict.dataByteCount == count)
    }
    guard let header = lenient else { return 0 }
    var end = 0
    for (tensor, offset) in zip(header.tensors, header.offsets) {
        precondition(offset >= end)
        end = offset + tensor.byteCount
    }
    precondition(header.dataOffset + end <= count)
    precondition(Set(header.tensors.map { TensorName($0.name) }).count == header.tensors.count)
    return 0
}
