import JSONText
import TensorFile

/// A tensor's entry of the header: sizes agree with the shape; where it lies in the data is not judged yet.
struct HeaderEntry {
    var tensor: TensorDescriptor
    var range: Range<Int>
}

/// Reads the header's JSON: one object of metadata and tensor entries, each field checked where it stands.
struct HeaderParser {
    let strictness: Strictness
    var metadata: [(key: String, value: String)] = []
    var entries: [HeaderEntry] = []
    var findings: [StructureFinding] = []
    private var hasMetadata = false
    private var extraFields = 0

    init(strictness: Strictness) {
        self.strictness = strictness
    }

    /// Throws a `TensorFileError` for what breaks the format and a `JSONError` for what breaks JSON.
    mutating func parse(_ text: Span<UInt8>) throws {
        var reader = JSONReader(text)
        try reader.readObject { key, reader in
            if key == Safetensors.metadataKey {
                try readMetadata(&reader)
            } else {
                entries.append(try readEntry(key, &reader, text))
            }
        }
        try reader.finish()
        if extraFields > 0 {
            findings.append(StructureFinding(.note, place: "header", "\(extraFields) unknown fields were ignored"))
        }
    }

    // MARK: - Metadata

    private mutating func readMetadata(_ reader: inout JSONReader) throws {
        let place = "header, byte \(8 + reader.offset), \(Safetensors.metadataKey)"
        guard !hasMetadata else { throw duplicate("the metadata map stands twice", at: place) }
        hasMetadata = true
        switch try reader.peek() {
        case .object: break
        case .null: return try reader.readNull()
        case let kind: throw malformed("a map of strings expected, not \(kind.name)", at: place)
        }
        var indexByKey: [TensorName: Int] = [:]
        try reader.readObject { key, reader in
            let kind = try reader.peek()
            guard kind == .string else {
                throw malformed("metadata must be strings: \"\(key)\" is \(kind.name)", at: place)
            }
            let value = try reader.readString()
            if let earlier = indexByKey.updateValue(metadata.count, forKey: TensorName(key)) {
                let cause = "the metadata key \"\(key)\" stands twice"
                guard strictness == .lenient else { throw duplicate(cause, at: place) }
                findings.append(StructureFinding(.warning, place: place, "\(cause); the last one counts"))
                indexByKey[TensorName(key)] = earlier
                metadata[earlier].value = value
            } else {
                metadata.append((key, value))
            }
        }
    }

    // MARK: - Tensor entries

    private mutating func readEntry(
        _ name: String,
        _ reader: inout JSONReader,
        _ text: Span<UInt8>
    ) throws -> HeaderEntry {
        let start = reader.offset
        // Built only for messages: a header may have a million entries.
        func place(_ field: String = "") -> String {
            "header, byte \(8 + start), tensor \"\(name)\"\(field.isEmpty ? "" : ", \(field)")"
        }
        if let fault = Safetensors.nameFault(name) {
            guard strictness == .lenient else {
                throw TensorFileError(fault.kind, place: place(), cause: fault.cause, remedy: "rename the tensor")
            }
            findings.append(StructureFinding(.warning, place: place(), fault.cause))
        }
        if name.isEmpty { findings.append(StructureFinding(.warning, place: place(), "the name is empty")) }
        let kind = try reader.peek()
        guard kind == .object else { throw malformed("the entry must be an object, not \(kind.name)", at: place()) }

        var type: ElementType?
        var shape: [Int]?
        var range: Range<Int>?
        try reader.readObject { field, reader in
            switch field {
            case "dtype":
                guard type == nil else { throw duplicate("the field stands twice", at: place(field)) }
                type = try readType(&reader, at: place(field))
            case "shape":
                guard shape == nil else { throw duplicate("the field stands twice", at: place(field)) }
                shape = try readSizes(&reader, text, limit: Safetensors.rankLimit, at: place(field))
            case "data_offsets":
                guard range == nil else { throw duplicate("the field stands twice", at: place(field)) }
                range = try readRange(&reader, text, at: place(field))
            default:
                extraFields += 1
                try reader.skip()
            }
        }
        guard let type else { throw malformed("the field dtype is missing", at: place()) }
        guard let shape else { throw malformed("the field shape is missing", at: place()) }
        guard let range else { throw malformed("the field data_offsets is missing", at: place()) }
        let tensor = try TensorDescriptor(name: name, type: type, shape: shape)
        guard range.count == tensor.byteCount else {
            throw TensorFileError(
                .mismatch,
                place: place(),
                cause: "size mismatch: \(type.name) \(shape) takes \(tensor.byteCount) bytes, "
                    + "data_offsets [\(range.lowerBound), \(range.upperBound)] hold \(range.count)",
                remedy: Safetensors.headerRemedy
            )
        }
        return HeaderEntry(tensor: tensor, range: range)
    }

    private func readType(_ reader: inout JSONReader, at place: @autoclosure () -> String) throws -> ElementType {
        let kind = try reader.peek()
        guard kind == .string else { throw malformed("a type's name expected, not \(kind.name)", at: place()) }
        let name = try reader.readString()
        if let type = Safetensors.typesByName[name] { return type }
        let known = Safetensors.elementTypes.map(\.name).joined(separator: " ")
        throw TensorFileError(
            .unsupported,
            place: place(),
            cause: "unsupported dtype \"\(name)\"; known are \(known)",
            remedy: Safetensors.typesByName[name.uppercased()] == nil
                ? "convert the tensor where the file comes from" : "write it in capitals"
        )
    }

    private func readRange(
        _ reader: inout JSONReader,
        _ text: Span<UInt8>,
        at place: @autoclosure () -> String
    ) throws -> Range<Int> {
        let ends = try readSizes(&reader, text, limit: 2, at: place())
        guard ends.count == 2 else {
            throw malformed("two numbers expected, begin and end, not \(ends.count)", at: place())
        }
        guard ends[0] <= ends[1] else {
            throw malformed("reversed range: it ends at \(ends[1]), before its begin \(ends[0])", at: place())
        }
        return ends[0]..<ends[1]
    }

    /// Reads an array of at most `limit` sizes: JSON integers from 0 to 2^63−1.
    private func readSizes(
        _ reader: inout JSONReader,
        _ text: Span<UInt8>,
        limit: Int,
        at place: @autoclosure () -> String
    ) throws -> [Int] {
        let kind = try reader.peek()
        guard kind == .array else { throw malformed("an array of sizes expected, not \(kind.name)", at: place()) }
        var sizes: [Int] = []
        try reader.readArray { _, reader in
            guard sizes.count < limit else {
                throw TensorFileError(
                    .limit,
                    place: place(),
                    cause: "more than \(limit) numbers",
                    remedy: Safetensors.headerRemedy
                )
            }
            let kind = try reader.peek()
            guard kind == .number else {
                throw malformed("not a non-negative integer: \(kind.name)", at: place())
            }
            let start = reader.offset
            guard let size = try? reader.readInt(), size >= 0 else {
                throw sizeError(text, start, at: place())
            }
            sizes.append(size)
        }
        return sizes
    }

    /// The error for the number at `start` that is no size: its digits decide whether it is too large or of a wrong form.
    private func sizeError(_ text: Span<UInt8>, _ start: Int, at place: String) -> TensorFileError {
        var end = start
        while end < text.count, end - start < 40, text[end] > 0x20, text[end] != 0x2C, text[end] != 0x5D { end += 1 }
        let number = text.extracting(start..<end).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        let isWhole = number.utf8.allSatisfy { (0x30...0x39).contains($0) } && !number.hasPrefix("0")
        return isWhole
            ? TensorFileError(
                .overflow,
                place: place,
                cause: "size overflow: \(number) is beyond 2^63",
                remedy: Safetensors.headerRemedy
            ) : malformed("not a non-negative integer: \(number)", at: place)
    }

    private func malformed(_ cause: String, at place: String) -> TensorFileError {
        TensorFileError(.malformed, place: place, cause: cause, remedy: Safetensors.headerRemedy)
    }

    private func duplicate(_ cause: String, at place: String) -> TensorFileError {
        TensorFileError(.duplicate, place: place, cause: cause, remedy: Safetensors.headerRemedy)
    }
}
