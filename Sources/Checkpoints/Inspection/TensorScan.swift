import LinearAlgebra
import TensorFile

/// A pass over a tensor's values in pieces: on all threads where the tensor stands in one piece, in order where not.
struct TensorScan {
    let tensor: TensorDescriptor
    let source: any TensorSource
    /// Values a piece; more than any block holds.
    private let pieceValues = 1 << 16

    init(_ tensor: TensorDescriptor, in source: any TensorSource) throws {
        guard tensor.type.isDecodable else {
            throw TensorFileError(
                .unsupported,
                file: source.path,
                place: "tensor \"\(tensor.name)\"",
                cause: "values of \(tensor.type.name) are not decoded",
                remedy: "list the tensor without its values"
            )
        }
        self.tensor = tensor
        self.source = source
    }

    /// The results of `body` for the pieces, in the order of the values.
    func map<Result: Sendable>(_ body: @Sendable ([Double]) -> Result) throws -> [Result] {
        let geometry = tensor.type.geometry
        let piece = pieceValues / geometry.elements * geometry.bytes
        guard let location = source.location(of: tensor) else {
            var results: [Result] = []
            try source.stream(tensor, chunkBytes: piece) { results.append(body(try values($0))) }
            return results
        }
        return try Parallel.mapChunks(of: location.byteCount, size: piece) { range throws in
            let bytes = try location.file.bytes(at: location.offset + range.lowerBound, count: range.count)
            return body(try bytes.withUnsafeBytes { try values($0) })
        }
    }

    private func values(_ bytes: UnsafeRawBufferPointer) throws -> [Double] {
        let geometry = tensor.type.geometry
        return try ValueCodec.doubles(
            bytes,
            as: tensor.type,
            count: bytes.count / geometry.bytes * geometry.elements
        )
    }
}
