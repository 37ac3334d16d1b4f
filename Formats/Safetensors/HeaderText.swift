import JSONText
import TensorFile

/// A header about to be written: tensors in order, packed without gaps.
struct HeaderText {
    /// The length field, the JSON, and the spaces that pad it.
    let bytes: [UInt8]

    /// The header of `tensors` in this order, as the reference spells it; their bytes together must be below 2^63.
    ///
    /// The text is padded with spaces to a multiple of 8, after `reserve` more of them for later edits of the metadata.
    /// An empty metadata map is left out: some readers cannot read it.
    init(
        tensors: [TensorDescriptor],
        metadata: [(key: String, value: String)],
        reserve: Int = 0
    ) throws(TensorFileError) {
        let text = HeaderText.json(tensors, metadata)
        let wanted = text.utf8.count + min(max(0, reserve), SafetensorsFormat.headerLengthLimit)
        guard let length = wanted.aligned(to: 8), length <= SafetensorsFormat.headerLengthLimit else {
            throw HeaderText.tooLong(wanted)
        }
        self.init(text, length: length)
    }

    /// The header padded to exactly `length` bytes of text; nil where it does not fit.
    init?(
        tensors: [TensorDescriptor],
        metadata: [(key: String, value: String)],
        fitting length: Int
    ) {
        let text = HeaderText.json(tensors, metadata)
        guard text.utf8.count <= length else { return nil }
        self.init(text, length: length)
    }

    private init(_ text: String, length: Int) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + length)
        withUnsafeBytes(of: UInt64(length).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: text.utf8)
        bytes.append(contentsOf: repeatElement(0x20, count: length - text.utf8.count))
        self.bytes = bytes
    }

    private static func json(_ tensors: [TensorDescriptor], _ metadata: [(key: String, value: String)]) -> String {
        var text = "{"
        if !metadata.isEmpty {
            let members = metadata.map { "\(JSONValue.quoted($0.key)):\(JSONValue.quoted($0.value))" }
            text += "\"\(SafetensorsFormat.metadataKey)\":{\(members.joined(separator: ","))}"
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.byteCount
            if text.utf8.count > 1 { text += "," }
            text += "\(JSONValue.quoted(tensor.name)):{\"dtype\":\"\(tensor.type.name)\",\"shape\":["
            text += tensor.shape.map(String.init).joined(separator: ",")
            text += "],\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        return text + "}"
    }

    private static func tooLong(_ count: Int) -> TensorFileError {
        TensorFileError(
            .limit,
            place: "header",
            cause: "header too large: \(count) bytes, the format allows \(SafetensorsFormat.headerLengthLimit)",
            remedy: "write the tensors to several files"
        )
    }
}
