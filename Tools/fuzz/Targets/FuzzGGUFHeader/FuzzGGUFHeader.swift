import GGUF
import TensorFile

/// Reads the input as a whole GGUF file, strictly and leniently, and decodes all that it promises. What is accepted must be
/// sound, and lenient reading must accept whatever strict reading does, alike.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let file = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let strict = try? GGUFHeader(parsing: file, strictness: .strict)
    let lenient = try? GGUFHeader(parsing: file, strictness: .lenient)
    if let strict {
        precondition(strict.tensors == lenient?.tensors && strict.offsets == lenient?.offsets)
        precondition(strict.gaps.isEmpty)
    }
    guard let header = lenient else { return 0 }
    precondition(Set(header.tensors.map { TensorName($0.name) }).count == header.tensors.count)
    precondition(Set(header.metadata.entries.map { TensorName($0.key) }).count == header.metadata.entries.count)
    var end = header.end
    for (tensor, offset) in zip(header.tensors, header.offsets).sorted(by: { $0.1 < $1.1 }) where tensor.byteCount > 0 {
        precondition(offset >= end && offset.isMultiple(of: header.alignment))
        end = offset + tensor.byteCount
    }
    precondition(end <= count)
    for entry in header.metadata.entries {
        if let array = entry.value.array { decode(array) }
    }
    // These may refuse the metadata, and must do so with an error.
    _ = try? GGUFTokenizerSection(header.metadata)
    _ = try? GGUFHyperparameters(header.metadata)
    return 0
}

private func decode(_ array: GGUFArray) {
    switch array.elementType {
    case .string: precondition(array.strings?.reduce(0) { number, _ in number + 1 } == array.count)
    case .bool: precondition(array.bools?.count == array.count)
    case .float32, .float64: precondition(array.floats?.count == array.count)
    case .uint64: precondition(array.values(as: UInt64.self)?.count == array.count)
    case .array:
        guard let inner = array.arrays else { fatalError("no inner arrays") }
        precondition(inner.count == array.count)
        for array in inner { decode(array) }
    default: precondition(array.integers?.count == array.count)
    }
}
