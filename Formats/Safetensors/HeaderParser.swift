import JSONText
import TensorFile

/// Reads the header's JSON: one object of metadata and tensor entries, each field checked where it stands.
struct HeaderParser {
    let strictness: Strictness
    var metadata: [(key: String, value: String)] = []
    /// In the order of the header.
    var tensors: [TensorDescriptor] = []
    /// Where each begins in the data section; it ends `byteCount` later.
    var offsets: [Int] = []
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
            if key == SafetensorsFormat.metadataKey {
                try readMetadata(&reader)
            } else {
                try judgeName(key, at: reader.offset)
                let entry = try HeaderEntry(named: key, reading: &reader, of: text, extraFields: &extraFields)
                tensors.append(entry.tensor)
                offsets.append(entry.offset)
            }
        }
        try reader.finish()
        if extraFields > 0 {
            findings.append(StructureFinding(.note, place: "header", "\(extraFields) unknown fields were ignored"))
        }
    }

    // MARK: - Metadata

    private mutating func readMetadata(_ reader: inout JSONReader) throws {
        let place = "header, byte \(8 + reader.offset), \(SafetensorsFormat.metadataKey)"
        guard !hasMetadata else { throw HeaderFault.duplicate("the metadata map stands twice", at: place) }
        hasMetadata = true
        switch try reader.peek() {
        case .object: break
        case .null: return try reader.readNull()
        case let kind: throw HeaderFault.malformed("a map of strings expected, not \(kind.name)", at: place)
        }
        var indexByKey: [TensorName: Int] = [:]
        try reader.readObject { key, reader in
            let kind = try reader.peek()
            guard kind == .string else {
                throw HeaderFault.malformed("metadata must be strings: \"\(key)\" is \(kind.name)", at: place)
            }
            let value = try reader.readString()
            if let earlier = indexByKey.updateValue(metadata.count, forKey: TensorName(key)) {
                let cause = "the metadata key \"\(key)\" stands twice"
                guard strictness == .lenient else { throw HeaderFault.duplicate(cause, at: place) }
                findings.append(StructureFinding(.warning, place: place, "\(cause); the last one counts"))
                indexByKey[TensorName(key)] = earlier
                metadata[earlier].value = value
            } else {
                metadata.append((key, value))
            }
        }
    }

    // MARK: - Names

    private mutating func judgeName(_ name: String, at offset: Int) throws(TensorFileError) {
        let fault = SafetensorsFormat.nameFault(name)
        guard name.isEmpty || fault != nil else { return }
        let place = HeaderFault.place(offset, name)
        guard let fault else { return findings.append(StructureFinding(.warning, place: place, "the name is empty")) }
        guard strictness == .lenient else {
            throw TensorFileError(fault.kind, place: place, cause: fault.cause, remedy: "rename the tensor")
        }
        findings.append(StructureFinding(.warning, place: place, fault.cause))
    }
}
