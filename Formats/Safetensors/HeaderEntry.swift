import JSONText
import TensorFile

/// A tensor's entry of the header: its sizes agree with its shape; where it lies in the data is not judged yet.
struct HeaderEntry {
    let tensor: TensorDescriptor
    /// Where it begins in the data section; it ends `tensor.byteCount` later.
    let offset: Int

    /// Reads the entry's object, a part of `text`, and counts fields that the format does not know.
    init(
        named name: String,
        reading reader: inout JSONReader,
        of text: Span<UInt8>,
        extraFields: inout Int
    ) throws {
        let start = reader.offset
        // Built only for messages: a header may have a million entries.
        func place(_ field: String? = nil) -> String { HeaderFault.place(start, name, field) }
        let kind = try reader.peek()
        guard kind == .object else {
            throw HeaderFault.malformed("the entry must be an object, not \(kind.name)", at: place())
        }

        var type: ElementType?
        var shape: [Int]?
        var range: Range<Int>?
        try reader.readObject { field, reader in
            switch field {
            case "dtype":
                guard type == nil else { throw HeaderFault.duplicate("the field stands twice", at: place(field)) }
                type = try Self.readType(&reader, at: place(field))
            case "shape":
                guard shape == nil else { throw HeaderFault.duplicate("the field stands twice", at: place(field)) }
                shape = try Self.readShape(&reader, text, at: place(field))
            case "data_offsets":
                guard range == nil else { throw HeaderFault.duplicate("the field stands twice", at: place(field)) }
                range = try Self.readRange(&reader, text, at: place(field))
            default:
                extraFields += 1
                try reader.skip()
            }
        }
        guard let type else { throw HeaderFault.malformed("the field dtype is missing", at: place()) }
        guard let shape else { throw HeaderFault.malformed("the field shape is missing", at: place()) }
        guard let range else { throw HeaderFault.malformed("the field data_offsets is missing", at: place()) }
        tensor = try TensorDescriptor(name: name, type: type, shape: shape)
        offset = range.lowerBound
        guard range.count == tensor.byteCount else {
            throw TensorFileError(
                .mismatch,
                place: place(),
                cause: "size mismatch: \(type.name) \(shape) takes \(tensor.byteCount) bytes, "
                    + "data_offsets [\(range.lowerBound), \(range.upperBound)] hold \(range.count)",
                remedy: SafetensorsFormat.headerRemedy
            )
        }
    }

    private static func readType(_ reader: inout JSONReader, at place: @autoclosure () -> String) throws -> ElementType
    {
        let kind = try reader.peek()
        guard kind == .string else {
            throw HeaderFault.malformed("a type's name expected, not \(kind.name)", at: place())
        }
        let name = try reader.readString()
        if let type = SafetensorsFormat.typesByName[name] { return type }
        let known = SafetensorsFormat.elementTypes.map(\.name).joined(separator: " ")
        throw TensorFileError(
            .unsupported,
            place: place(),
            cause: "unsupported dtype \"\(name)\"; known are \(known)",
            remedy: SafetensorsFormat.typesByName[name.uppercased()] == nil
                ? "convert the tensor where the file comes from" : "write it in capitals"
        )
    }

    private static func readShape(
        _ reader: inout JSONReader,
        _ text: Span<UInt8>,
        at place: @autoclosure () -> String
    ) throws -> [Int] {
        var shape: [Int] = []
        _ = try readSizes(&reader, text, limit: SafetensorsFormat.rankLimit, at: place()) { _, size in
            shape.append(size)
        }
        return shape
    }

    private static func readRange(
        _ reader: inout JSONReader,
        _ text: Span<UInt8>,
        at place: @autoclosure () -> String
    ) throws -> Range<Int> {
        var (begin, end) = (0, 0)
        let count = try readSizes(&reader, text, limit: 2, at: place()) { index, offset in
            if index == 0 { begin = offset } else { end = offset }
        }
        guard count == 2 else {
            throw HeaderFault.malformed("two numbers expected, begin and end, not \(count)", at: place())
        }
        guard begin <= end else {
            throw HeaderFault.malformed("reversed range: it ends at \(end), before its begin \(begin)", at: place())
        }
        return begin..<end
    }

    /// Reads an array of at most `limit` sizes, JSON integers from 0 to 2^63−1, and returns their count.
    private static func readSizes(
        _ reader: inout JSONReader,
        _ text: Span<UInt8>,
        limit: Int,
        at place: @autoclosure () -> String,
        _ take: (_ index: Int, _ size: Int) -> Void
    ) throws -> Int {
        let kind = try reader.peek()
        guard kind == .array else {
            throw HeaderFault.malformed("an array of sizes expected, not \(kind.name)", at: place())
        }
        var count = 0
        try reader.readArray { index, reader in
            guard index < limit else {
                throw TensorFileError(
                    .limit,
                    place: place(),
                    cause: "more than \(limit) numbers",
                    remedy: SafetensorsFormat.headerRemedy
                )
            }
            let kind = try reader.peek()
            guard kind == .number else {
                throw HeaderFault.malformed("not a non-negative integer: \(kind.name)", at: place())
            }
            let start = reader.offset
            guard text[start] != UInt8(ascii: "-"), let size = try? reader.readInt() else {
                throw sizeError(text, start, at: place())
            }
            take(index, size)
            count = index + 1
        }
        return count
    }

    /// The error for the number at `start` that is no size: its digits decide whether it is too large or of a wrong form.
    private static func sizeError(_ text: Span<UInt8>, _ start: Int, at place: String) -> TensorFileError {
        var end = start
        while end < text.count, end - start < 40, text[end] > 0x20, text[end] != 0x2C, text[end] != 0x5D { end += 1 }
        let number = text.extracting(start..<end).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        let isWhole = number.utf8.allSatisfy { (0x30...0x39).contains($0) } && !number.hasPrefix("0")
        return isWhole
            ? TensorFileError(
                .overflow,
                place: place,
                cause: "size overflow: \(number) is beyond 2^63",
                remedy: SafetensorsFormat.headerRemedy
            ) : HeaderFault.malformed("not a non-negative integer: \(number)", at: place)
    }
}

/// The errors of a header's fields.
enum HeaderFault {
    /// The place of `field` in the entry of the tensor called `name`, whose text begins at `offset` of the header's.
    static func place(_ offset: Int, _ name: String, _ field: String? = nil) -> String {
        "header, byte \(8 + offset), tensor \"\(name)\"" + (field.map { ", \($0)" } ?? "")
    }

    static func malformed(_ cause: String, at place: String) -> TensorFileError {
        TensorFileError(.malformed, place: place, cause: cause, remedy: SafetensorsFormat.headerRemedy)
    }

    static func duplicate(_ cause: String, at place: String) -> TensorFileError {
        TensorFileError(.duplicate, place: place, cause: cause, remedy: SafetensorsFormat.headerRemedy)
    }
}
