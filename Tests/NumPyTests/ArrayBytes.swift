/// The bytes of a `.npy` file, built field by field so that each can be wrong.
struct ArrayBytes {
    var version: (UInt8, UInt8) = (1, 0)
    var text: String
    var payload: [UInt8] = []
    /// The header's length where it is to be another than the text's.
    var statedLength: Int?

    /// A header with the usual three keys.
    init(descr: String = "'<f4'", order: String = "False", shape: String = "(2, 3)", payload: [UInt8] = []) {
        self.init(text: "{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }\n", payload: payload)
    }

    init(text: String, payload: [UInt8] = []) {
        self.text = text
        self.payload = payload
    }

    /// The text in Latin-1 for versions 1 and 2, in UTF-8 otherwise.
    var bytes: [UInt8] {
        let encoded =
            version.0 < 3 ? text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } : Array(text.utf8)
        let length = statedLength ?? encoded.count
        let width = version.0 == 1 ? 2 : 4
        let lengthBytes = (0..<width).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        return [0x93] + Array("NUMPY".utf8) + [version.0, version.1] + lengthBytes + encoded + payload
    }
}
