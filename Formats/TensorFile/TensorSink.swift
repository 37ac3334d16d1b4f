/// A container being written, tensor by tensor, streaming: sizes are declared first, bytes follow.
///
/// The container is created from all descriptors at once; then, for each of `order`, its bytes are appended in any number
/// of chunks. Nothing stands at the output's path before `finish`; dropping the sink removes what was written.
public protocol TensorSink: AnyObject {
    /// The tensors in the order in which their bytes must come.
    var order: [TensorDescriptor] { get }

    /// Appends bytes (little-endian, C order) of the current tensor; the next one begins when its size is reached.
    /// Empty tensors need no call.
    func append(_ bytes: UnsafeRawBufferPointer) throws

    /// Checks that every tensor is complete and moves the output into place.
    func finish() throws
}
