import TensorFile

/// Writes headers: version 3, little-endian, only what every reader of the format takes.
struct GGUFHeaderEncoder {
    /// What offsets are multiples of.
    let alignment: Int

    /// An encoder for files of a model with `metadata`, whose `general.alignment` is obeyed.
    ///
    /// The specification wants multiples of 8 and ggml powers of two: both are asked for.
    init(_ metadata: GGUFMetadata) throws(TensorFileError) {
        guard let value = metadata[.alignment] else {
            alignment = GGUFHeader.defaultAlignment
            return
        }
        guard case .uint32(let number) = value, number >= 8, number & (number - 1) == 0,
            number <= GGUFLimit.alignment
        else {
            throw TensorFileError(
                .unsupported,
                place: "key \(GGUFKey.alignment.name)",
                cause: "it must be a uint32, a power of two from 8 to \(GGUFLimit.alignment)",
                remedy: "leave the key out for an alignment of \(GGUFHeader.defaultAlignment)"
            )
        }
        alignment = Int(number)
    }

    /// The header of a file with `metadata` and `tensors`, padded to where the data begins.
    func header(_ metadata: GGUFMetadata, _ tensors: ArraySlice<TensorDescriptor>) throws(TensorFileError) -> [UInt8] {
        var bytes = GGUFHeader.magic
        bytes.appendLittleEndian(UInt32(3))
        bytes.appendLittleEndian(UInt64(tensors.count))
        bytes.appendLittleEndian(UInt64(metadata.entries.count))
        for entry in metadata.entries {
            try Self.check(entry)
            bytes.append(GGUFString(entry.key))
            bytes.appendLittleEndian(entry.value.type.rawValue)
            bytes.append(entry.value)
        }
        var offset = 0
        for tensor in tensors {
            bytes.append(GGUFString(tensor.name))
            bytes.appendLittleEndian(UInt32(tensor.shape.count))
            for length in tensor.shape.reversed() { bytes.appendLittleEndian(UInt64(length)) }
            bytes.appendLittleEndian(try Self.number(of: tensor))
            bytes.appendLittleEndian(UInt64(offset))
            guard let next = offset.adding(exactly: tensor.byteCount)?.aligned(to: alignment) else {
                throw TensorFileError(
                    .overflow,
                    place: "tensor \"\(tensor.name)\"",
                    cause: "the data take more than 2^63 bytes",
                    remedy: "write fewer tensors"
                )
            }
            offset = next
        }
        bytes.append(contentsOf: repeatElement(0, count: (alignment - bytes.count % alignment) % alignment))
        guard bytes.count <= GGUFLimit.headerBytes else {
            throw TensorFileError(
                .limit,
                place: "header",
                cause: "metadata and tensor infos take \(bytes.count) bytes; \(GGUFLimit.headerBytes) are read again",
                remedy: "leave out large metadata values"
            )
        }
        return bytes
    }

    /// Checks the names of `tensors` against what every reader takes, and their types and shapes.
    func check(_ tensors: [TensorDescriptor]) throws(TensorFileError) {
        var names = Set<TensorName>()
        for tensor in tensors {
            let place = "tensor \"\(tensor.name)\""
            // ggml keeps names in 64 bytes with a zero at the end.
            guard (1..<GGUFLimit.nameBytes).contains(tensor.name.utf8.count),
                tensor.name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw TensorFileError(
                    .limit,
                    place: place,
                    cause: "GGUF names have 1 to \(GGUFLimit.nameBytes - 1) bytes without control characters, "
                        + "this one has \(tensor.name.utf8.count)",
                    remedy: "give the tensor a shorter name"
                )
            }
            guard names.insert(TensorName(tensor.name)).inserted else {
                throw TensorFileError(
                    .duplicate,
                    place: place,
                    cause: "two tensors have this name",
                    remedy: "give one of them another name"
                )
            }
            guard tensor.shape.count <= GGUFLimit.dimensions else {
                throw TensorFileError(
                    .limit,
                    place: place,
                    cause: "\(tensor.shape.count) dimensions; GGUF holds \(GGUFLimit.dimensions)",
                    remedy: "join dimensions of the tensor"
                )
            }
            _ = try Self.number(of: tensor)
        }
    }

    private static func number(of tensor: TensorDescriptor) throws(TensorFileError) -> UInt32 {
        guard let number = tensor.type.ggmlID else {
            throw TensorFileError(
                .unsupported,
                place: "tensor \"\(tensor.name)\"",
                cause: "GGUF cannot hold values of type \(tensor.type.name)",
                remedy: "convert the tensor, to F32, F16 or I32 for instance"
            )
        }
        return number
    }

    private static func check(_ entry: GGUFMetadata.Entry) throws(TensorFileError) {
        guard (1...GGUFLimit.keyBytes).contains(entry.key.utf8.count),
            entry.key.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
        else {
            throw TensorFileError(
                .malformed,
                place: "key \"\(entry.key)\"",
                cause: "keys are 1 to \(GGUFLimit.keyBytes) ASCII characters",
                remedy: "give the key another name"
            )
        }
        if case .array(let array) = entry.value, array.elementType == .array {
            throw TensorFileError(
                .unsupported,
                place: "key \"\(entry.key)\"",
                cause: "arrays of arrays are not written, because ggml refuses the whole file",
                remedy: "write one array and the lengths beside it"
            )
        }
    }
}
