import Entanglement
import JSONText
import ResidualCoding
import TensorFile

// How a coded residual stands in the factored layout: as parts of plain bytes; parts without bytes are left out.
extension StoredResidual {
    /// The parts as arrays of the layout.
    var arrays: [StoredEmbedding.Array] {
        parts.filter { !$0.bytes.isEmpty }.map { part in
            StoredEmbedding.Array(name: part.name, element: .bytes, shape: [part.bytes.count], bytes: part.bytes)
        }
    }

    /// The member `residual` of a table's description.
    var json: JSONValue {
        ["version": .integer(version), "parts": .array(arrays.map { .string($0.name) })]
    }

    /// What the member `residual` of the description of a table of `shape` describes; nil where it says too little.
    init?(_ json: JSONValue, shape: [Int], part: (String) throws -> [UInt8]) throws {
        guard let version = json["version"]?.int, let names = json["parts"]?.elements?.compactMap(\.string),
            shape.count == 2
        else { return nil }
        let parts = try StoredResidual.partNames.map { name in
            Part(name: name, bytes: names.contains(name) ? try part(name) : [])
        }
        self.init(version: version, rowCount: shape[0], columnCount: shape[1], parts: parts)
    }
}

extension ResidualCodingError {
    /// The same as an error about a file.
    public func inFile(_ file: String, place: String) -> TensorFileError {
        let kind: TensorFileError.Kind =
            switch kind {
            case .size: .mismatch
            case .value: .value
            case .missing: .missing
            case .reading: .system
            case .infeasible, .cancelled: .limit
            }
        return TensorFileError(kind, file: file, place: "\(place), \(part)", cause: cause, remedy: remedy)
    }
}
