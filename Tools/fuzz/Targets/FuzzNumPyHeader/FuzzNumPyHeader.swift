import NumPy
import TensorFile

/// Reads the input as a `.npy` file in memory. What is accepted must lie within the input and have lengths that are
/// none of them negative; a hint must change nothing but nameless types.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let hinted = NumPyOptions(hints: NumPyHints(void2: .bfloat16, void1: .float8E4M3))
    let plain = try? NumPyHeader(parsing: bytes)
    guard let header = try? NumPyHeader(parsing: bytes, options: hinted) else {
        precondition(plain == nil)
        return 0
    }
    precondition(plain == nil ? header.type.geometry.bytes < 3 : plain == header)
    precondition(header.byteCount <= count)
    precondition(header.shape.count <= 64 && header.shape.allSatisfy { $0 >= 0 })
    return 0
}
