import TensorFile

/// A tensor to be written and where its values come from.
public struct OutputTensor: Sendable {
    /// Where values come from.
    public enum Content: Sendable {
        /// A tensor of a source, converted where the types differ.
        case stored(TensorDescriptor, in: any TensorSource)
        /// A tensor of a source whose bytes are taken as they are, whatever the types.
        case bits(TensorDescriptor, in: any TensorSource)
        /// Bytes at hand, in the output's own type.
        case bytes([UInt8])
        /// Rows computed on demand, in order: `rows(range)` gives `range.count * rowLength` values.
        /// Rows in `exact` are bytes in the output's own type, in place of what was computed.
        case rows(@Sendable (Range<Int>) throws -> [Float], exact: [Int: ArraySlice<UInt8>] = [:])
    }

    /// Name, type and shape in the output.
    public let descriptor: TensorDescriptor
    /// Where the values come from.
    public let content: Content

    /// A tensor with the given content.
    public init(_ descriptor: TensorDescriptor, _ content: Content) {
        self.descriptor = descriptor
        self.content = content
    }
}
