/// A cursor over bytes that are not trusted: every read is checked and names its field in the error.
public struct ByteReader: ~Escapable {
    /// Byte order of the numbers read.
    public var order: ByteOrder
    private let bytes: RawSpan
    /// Offset of the next unread byte, from the start of the span.
    public private(set) var offset = 0
    /// Added to offsets in messages: where the span starts in its file.
    private let base: Int

    /// A reader at the start of `bytes`, which stand at `base` in their file.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, order: ByteOrder = .little, base: Int = 0) {
        self.bytes = bytes
        self.order = order
        self.base = base
    }

    /// Bytes not yet read.
    public var remaining: Int { bytes.byteCount - offset }

    /// Reads an integer of any width in the reader's byte order.
    public mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type,
        _ field: @autoclosure () -> String
    ) throws(TensorFileError) -> Value {
        let width = MemoryLayout<Value>.size
        guard width <= remaining else { throw truncated(field(), needed: width) }
        let raw = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
        offset += width
        return order == .little ? Value(littleEndian: raw) : Value(bigEndian: raw)
    }

    /// Reads an unsigned integer of 64 bits that must fit in `Int`.
    public mutating func readSize(_ field: @autoclosure () -> String) throws(TensorFileError) -> Int {
        let place = base + offset
        let value = try read(UInt64.self, field())
        guard let size = Int(exactly: value) else {
            throw TensorFileError(
                .overflow,
                place: "byte \(place), \(field())",
                cause: "\(value) is beyond 2^63",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        return size
    }

    /// Reads a count of items that take at least `minimumBytes` each, so that the rest of the span could hold them.
    ///
    /// Nothing may be reserved for a count that has not passed here.
    public mutating func readCount(
        minimumBytes: Int,
        _ field: @autoclosure () -> String
    ) throws(TensorFileError) -> Int {
        let place = base + offset
        let count = try readSize(field())
        guard count <= remaining / max(1, minimumBytes) else {
            throw TensorFileError(
                .truncated,
                place: "byte \(place), \(field())",
                cause: "\(count) items cannot fit in the \(remaining) bytes that follow",
                remedy: "the file is cut short or damaged; fetch it again"
            )
        }
        return count
    }

    /// Takes the next `count` bytes.
    @_lifetime(copy self)
    public mutating func take(_ count: Int, _ field: @autoclosure () -> String) throws(TensorFileError) -> RawSpan {
        guard count >= 0, count <= remaining else { throw truncated(field(), needed: count) }
        let part = bytes.extracting(offset..<offset + count)
        offset += count
        return part
    }

    /// Moves past `count` bytes.
    public mutating func skip(_ count: Int, _ field: @autoclosure () -> String) throws(TensorFileError) {
        guard count >= 0, count <= remaining else { throw truncated(field(), needed: count) }
        offset += count
    }

    /// Moves to `position`, counted from the start of the span.
    public mutating func seek(to position: Int, _ field: @autoclosure () -> String) throws(TensorFileError) {
        guard position >= 0, position <= bytes.byteCount else { throw truncated(field(), needed: position) }
        offset = position
    }

    private func truncated(_ field: String, needed: Int) -> TensorFileError {
        TensorFileError(
            .truncated,
            place: "byte \(base + offset), \(field)",
            cause: "\(needed) bytes needed, \(remaining) left",
            remedy: "the file is cut short; fetch it again"
        )
    }
}

/// The order of a number's bytes in a file.
public enum ByteOrder: Sendable {
    /// Least significant first, or most significant first.
    case little, big
}
