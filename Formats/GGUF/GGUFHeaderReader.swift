import TensorFile

/// A cursor over a file's header, whose size nobody knows before its end: it reads ahead in doubling steps and keeps the
/// bytes, which the metadata's values share afterwards.
///
/// Reads go through `pread`: a file that is cut short meanwhile gives an error. Nothing is reserved beyond the file's size.
struct GGUFHeaderReader: ~Copyable {
    /// Byte order of the numbers read.
    var order = ByteOrder.little
    /// True in version 1, whose counts and lengths take 32 bits.
    var hasNarrowCounts = false
    /// The header as far as it was read.
    private(set) var bytes: [UInt8] = []
    /// Offset of the next byte, from the start of the file.
    private(set) var offset = 0
    /// Where bytes that are not in memory come from; nil where all there are were given.
    private let file: InputFile?
    private let fileSize: Int

    /// Bytes of the first step: enough for the header of a model without a vocabulary.
    private static let firstStep = 64 << 10

    /// A cursor at the start of `file`.
    init(_ file: InputFile) {
        self.file = file
        fileSize = file.size
    }

    /// A cursor at the start of `bytes`, the front of a file of `fileSize` bytes.
    init(_ bytes: [UInt8], fileSize: Int) {
        self.bytes = bytes
        self.fileSize = fileSize
        file = nil
    }

    /// Bytes of the file from the cursor on.
    var remaining: Int { fileSize - offset }

    /// The first bytes of the file, `count` of them where it has so many.
    mutating func prefix(_ count: Int) throws(TensorFileError) -> [UInt8] {
        let available = file == nil ? bytes.count : fileSize
        if bytes.count < min(count, available) { try load(min(count, available), "first bytes") }
        return Array(bytes.prefix(count))
    }

    /// Reads an integer.
    @inline(__always)
    mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type,
        _ field: @autoclosure () -> String
    ) throws(TensorFileError) -> Value {
        let width = MemoryLayout<Value>.size
        if bytes.count - offset < width { try load(width, field()) }
        let raw = bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
        offset += width
        return order == .little ? Value(littleEndian: raw) : Value(bigEndian: raw)
    }

    /// Reads a length or count: 64 bits, 32 in version 1. It must fit in `Int`; whether it fits in the file is checked by
    /// `skip` and `readCount`.
    @inline(__always)
    mutating func readLength(_ field: @autoclosure () -> String) throws(TensorFileError) -> Int {
        let place = offset
        let value = hasNarrowCounts ? UInt64(try read(UInt32.self, field())) : try read(UInt64.self, field())
        guard let length = Int(exactly: value) else {
            throw TensorFileError(
                .overflow,
                place: "byte \(place), \(field())",
                cause: "\(value) is beyond 2^63",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        return length
    }

    /// Reads a count of items that take at least `minimumBytes` each, so that the rest of the file could hold them.
    mutating func readCount(
        minimumBytes: Int,
        _ field: @autoclosure () -> String
    ) throws(TensorFileError) -> Int {
        let place = offset
        let count = try readLength(field())
        guard count <= remaining / minimumBytes else {
            throw TensorFileError(
                .truncated,
                place: "byte \(place), \(field())",
                cause: "\(count) items cannot fit in the \(remaining) bytes that follow",
                remedy: "the file is cut short or damaged; fetch it again"
            )
        }
        return count
    }

    /// Moves past `count` bytes, which are read into `bytes`.
    @inline(__always)
    mutating func skip(_ count: Int, _ field: @autoclosure () -> String) throws(TensorFileError) {
        if count > bytes.count - offset { try load(count, field()) }
        offset += count
    }

    /// Reads on until `count` bytes from the cursor on are in memory.
    private mutating func load(_ count: Int, _ field: String) throws(TensorFileError) {
        guard count <= remaining else {
            throw TensorFileError(
                .truncated,
                place: "byte \(offset), \(field)",
                cause: "\(count) bytes needed, \(remaining) left",
                remedy: "the file is cut short or damaged; fetch it again"
            )
        }
        guard count <= GGUFLimit.headerBytes - offset else {
            throw TensorFileError(
                .limit,
                place: "byte \(offset), \(field)",
                cause: "the header is larger than \(GGUFLimit.headerBytes) bytes",
                remedy: "the file is damaged or hostile; real headers take 20 MB at most"
            )
        }
        guard let file else {
            throw TensorFileError(
                .truncated,
                place: "byte \(offset), \(field)",
                cause: "the header goes on behind the \(bytes.count) bytes given",
                remedy: "hand over more of the file"
            )
        }
        let wanted = max(offset + count, 2 * bytes.count, Self.firstStep)
        let size = min(wanted, fileSize, GGUFLimit.headerBytes)
        var failure: TensorFileError?
        bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            let known = buffer.update(fromContentsOf: bytes)
            do throws(TensorFileError) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[known..<size])
                try file.read(at: known, into: rest)
                filled = size
            } catch {
                filled = known
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
