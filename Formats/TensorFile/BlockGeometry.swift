/// How the values of an element type are laid out: `elements` values share `bytes` bytes.
///
/// Plain types are blocks of one element; sub-byte types (F4: 2 in 1 byte, F6: 4 in 3 bytes) and GGUF's
/// quantised types are longer blocks.
public struct BlockGeometry: Hashable, Sendable {
    /// Values in one block, at least 1.
    public let elements: Int
    /// Bytes of one block, at least 1.
    public let bytes: Int

    /// A block of `elements` values in `bytes` bytes.
    public init(elements: Int, bytes: Int) {
        self.elements = elements
        self.bytes = bytes
    }

    /// Bits that one value takes on average.
    public var bitsPerElement: Double { Double(bytes * 8) / Double(elements) }

    /// Bytes that `count` values take, or nil when `count` is negative, no whole number of blocks, or the size overflows.
    public func byteCount(elements count: Int) -> Int? {
        guard count >= 0, count % elements == 0 else { return nil }
        let (size, overflow) = (count / elements).multipliedReportingOverflow(by: bytes)
        return overflow ? nil : size
    }
}
