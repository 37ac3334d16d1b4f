import LinearAlgebra
import NumPy
import TensorFile
import Transformer

/// Writes what a model computes for given tokens: scores and the hidden states of every layer, for comparison with other
/// implementations.
public struct LogitsExport {
    /// The model.
    public let model: DecoderModel

    /// Computes with `model`.
    public init(_ model: DecoderModel) {
        self.model = model
    }

    /// Reads token ids `[T]` or `[B, T]`, whole numbers of any width, from the `.npy` file at `path`.
    public static func tokens(at path: String) throws -> (shape: [Int], tokens: [Int]) {
        let file = try NumPyArrayFile(path)
        let tensor = file.tensor
        guard tensor.type.isInteger, (1...2).contains(tensor.shape.count) else {
            throw TensorFileError(
                .mismatch,
                file: path,
                place: "array",
                cause: "shape \(tensor.shape) of \(tensor.type.name), not [tokens] or [texts, tokens] of whole numbers",
                remedy: "save the ids as an integer array"
            )
        }
        var tokens: [Int] = []
        tokens.reserveCapacity(tensor.elementCount)
        try file.stream(tensor, chunkBytes: 1 << 20) { chunk in
            let values = try ValueCodec.doubles(
                chunk,
                as: tensor.type,
                count: chunk.count / tensor.type.geometry.bytes
            )
            for value in values {
                guard let id = Int(exactly: value) else {
                    throw TensorFileError(
                        .value,
                        file: path,
                        place: "element \(tokens.count)",
                        cause: "\(value) is no token id",
                        remedy: "save token ids"
                    )
                }
                tokens.append(id)
            }
        }
        return (tensor.shape, tokens)
    }

    /// Runs each row of `tokens` and writes an archive with `logits` `[…, T, V]` and `hidden_0` … `hidden_L`
    /// `[…, T, width]` in F32: hidden state 0 is the embedding, the last one is normalised.
    public func write(_ tokens: [Int], shape: [Int], to path: String, replacing: Bool) throws {
        let length = shape.last ?? 0
        let texts = shape.count == 2 ? shape[0] : 1
        let width = model.shape.width
        let layers = model.shape.layerCount
        var outputs = try [TensorDescriptor(name: "logits", type: .float32, shape: shape + [model.head.tokenCount])]
        for layer in 0...layers {
            outputs.append(try TensorDescriptor(name: "hidden_\(layer)", type: .float32, shape: shape + [width]))
        }
        var values = outputs.map { [Float](repeating: 0, count: $0.elementCount) }
        let sequence = try DecoderSequence(model, capacity: length)
        for text in 0..<texts {
            sequence.removeAll()
            let rows = text * length
            var hidden = Array(values.dropFirst())
            try sequence.append(Array(tokens[rows..<rows + length])) { layer, first, state in
                for row in 0..<state.rows {
                    let source = UnsafeBufferPointer(start: state.base + row * state.rowStride, count: width)
                    let start = (rows + first + row) * width
                    hidden[layer].replaceSubrange(start..<start + width, with: source)
                }
            } _: { first, state in
                values[0].withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    let target = base + (rows + first) * model.head.tokenCount
                    model.head.write(
                        logitsOf: state,
                        to: MutableMatrixView(target, rows: state.rows, columns: model.head.tokenCount)
                    )
                }
            }
            values.replaceSubrange(1..., with: hidden)
        }
        let writer = try NumPyArchiveWriter(path, tensors: outputs, replacing: replacing)
        for array in values { try array.withUnsafeBytes { try writer.append($0) } }
        try writer.finish()
    }
}
