import Foundation
import JSONText
import NumPy
import Safetensors
import TensorFile
import TestSupport

/// A stored model of `Tests/Golden/Runtime`, which `Tools/interop/logits_parity.py` makes, and what it should compute.
struct GoldenModel {
    let folder: URL
    let tokens: [Int]
    /// Places of the tokens whose scores are there.
    let places: [Int]
    /// Scores of those places, row after row.
    let logits: [Float]

    static let names = ["llama-grouped-tied", "llama-llama3", "phi3-longrope-beyond"]

    init(_ name: String) throws {
        folder = TestFiles.root.appending(path: "Tests/Golden/Runtime/\(name)")
        tokens = try Self.values("ids", of: NumPyArrayFile(folder.appending(path: "ids.npy").path)).map { Int($0) }
        let expected = try NumPyArchive(folder.appending(path: "expected.npz").path)
        places = try Self.values("places", of: expected).map { Int($0) }
        logits = try Self.values("logits", of: expected)
    }

    static func values(_ name: String, of source: any TensorSource) throws -> [Float] {
        guard let tensor = source.tensor(named: name) else { return [] }
        var values: [Float] = []
        try source.stream(tensor, chunkBytes: 1 << 20) { chunk in
            values += try ValueCodec.floats(chunk, as: tensor.type, count: chunk.count / tensor.type.geometry.bytes)
        }
        return values
    }

    /// The greatest difference of `found` (all places, row after row) from the scores that are there, relative to their
    /// spread.
    func error(of found: [Float]) -> Float {
        let width = logits.count / max(1, places.count)
        guard found.count == tokens.count * width, !logits.isEmpty else { return .infinity }
        let spread = (logits.max() ?? 0) - (logits.min() ?? 0)
        var greatest: Float = 0
        for (row, place) in places.enumerated() {
            for column in 0..<width {
                let difference = abs(found[place * width + column] - logits[row * width + column])
                greatest = difference.isNaN ? .infinity : max(greatest, difference)
            }
        }
        return greatest / spread
    }

    /// A copy in `target` whose configuration is `change`d.
    func copy(to target: URL, _ change: (inout [JSONValue.Member]) -> Void = { _ in }) throws {
        try FileManager.default.copyItem(at: folder, to: target)
        let path = target.appending(path: "config.json")
        guard case .object(var members) = try JSONValue(parsing: Array(Data(contentsOf: path))) else { return }
        change(&members)
        try Data(JSONValue.object(members).text().utf8).write(to: path)
    }

    /// All tensors in F32.
    func tensors() throws -> [(tensor: TensorDescriptor, values: [Float])] {
        let source = try SafetensorsFile(folder.appending(path: "model.safetensors").path)
        return try source.tensors.map { ($0, try Self.values($0.name, of: source)) }
    }
}

extension [JSONValue.Member] {
    /// Sets or, with nil, removes a member.
    mutating func set(_ key: String, _ value: JSONValue?) {
        removeAll { $0.key == key }
        if let value { append(JSONValue.Member(key: key, value: value)) }
    }
}

/// Writes F32 tensors as a safetensors file.
func writeSafetensors(_ tensors: [(tensor: TensorDescriptor, values: [Float])], to path: String) throws {
    let writer = try SafetensorsWriter(path, tensors: tensors.map(\.tensor), replacing: true)
    for tensor in writer.order {
        let values = tensors.first { $0.tensor.name == tensor.name }?.values ?? []
        try values.withUnsafeBytes { try writer.append($0) }
    }
    try writer.finish()
}
