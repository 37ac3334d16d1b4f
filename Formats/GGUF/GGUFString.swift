/// A string of a GGUF file: any bytes. Tokens need not be valid UTF-8, and are told apart by their bytes.
///
/// Strings that were read share the memory of their file's header.
public struct GGUFString: Hashable, Sendable {
    /// The bytes as they stand in the file, without its length.
    public let bytes: ArraySlice<UInt8>

    /// A string of `bytes`.
    public init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// A string of `bytes`.
    public init(_ bytes: some Sequence<UInt8>) {
        self.bytes = ArraySlice(bytes)
    }

    /// The text's UTF-8 bytes.
    public init(_ text: String) {
        self.init(text.utf8)
    }

    /// The text, or nil where the bytes are not UTF-8.
    public var text: String? { String(validating: bytes, as: UTF8.self) }
}

extension GGUFString: ExpressibleByStringLiteral, CustomStringConvertible {
    /// The literal's UTF-8 bytes.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The text for display: bytes that are not UTF-8 become U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// The strings of an array, found one after the other when they are asked for.
public struct GGUFStrings: Sequence, Sendable {
    /// How many there are.
    public let count: Int
    let encoded: ArraySlice<UInt8>

    /// The exact count.
    public var underestimatedCount: Int { count }

    /// An iterator at the first string.
    public func makeIterator() -> Iterator {
        Iterator(rest: encoded, left: count)
    }

    /// Walks the strings from first to last.
    public struct Iterator: IteratorProtocol {
        var rest: ArraySlice<UInt8>
        var left: Int

        /// The next string, or nil after the last one.
        public mutating func next() -> GGUFString? {
            guard left > 0 else { return nil }
            left -= 1
            // The reader and the initialisers of `GGUFArray` have proved every length.
            let start = rest.startIndex + 8
            let end = start + Int(rest.loadLittleEndian(UInt64.self, at: rest.startIndex))
            defer { rest = rest[end...] }
            return GGUFString(bytes: rest[start..<end])
        }
    }
}

extension ArraySlice<UInt8> {
    /// The little-endian integer whose first byte stands at `index`.
    func loadLittleEndian<Value: FixedWidthInteger>(_ type: Value.Type, at index: Int) -> Value {
        precondition(
            index >= startIndex && MemoryLayout<Value>.size <= endIndex - index,
            "the reader and the initialisers of `GGUFArray` have proved every length"
        )
        return withUnsafeBytes { buffer in
            Value(littleEndian: buffer.loadUnaligned(fromByteOffset: index - startIndex, as: Value.self))
        }
    }
}

extension [UInt8] {
    /// Appends `value`, least significant byte first.
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends a string as versions 2 and 3 write it: its length in 64 bits, then its bytes.
    mutating func append(_ string: GGUFString) {
        appendLittleEndian(UInt64(string.bytes.count))
        append(contentsOf: string.bytes)
    }
}
