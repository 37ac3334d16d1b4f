import LinearAlgebra
import TensorFile

/// A table of vectors, a row a token, read by rows: from a checkpoint's tensor or from factors.
public protocol TableReader: RowSource {}

extension TableReader {
    /// Calls `body` with the table's rows in order, in pieces of about 4 MiB.
    public func forEachPiece(_ body: (Range<Int>, Matrix) throws -> Void) throws {
        let step = max(1, (1 << 20) / max(1, columnCount))
        for first in stride(from: 0, to: rowCount, by: step) {
            let range = first..<min(first + step, rowCount)
            try body(range, rows(range))
        }
    }

    /// The whole table, `[rowCount, columnCount]`.
    public func matrix() throws -> Matrix { try rows(0..<rowCount) }
}

/// A matrix of a checkpoint as a table.
public struct TensorTable: TableReader {
    /// Number of rows.
    public let rowCount: Int
    /// Length of a row.
    public let columnCount: Int
    private let tensor: TensorDescriptor
    private let rowBytes: Int
    private let storage: Storage

    private enum Storage {
        case file(TensorLocation)
        /// Compressed or reordered in its container, so that rows cannot be found without reading all of it.
        case memory([UInt8])
    }

    /// The matrix `tensor` of `source`.
    public init(_ tensor: TensorDescriptor, in source: any TensorSource) throws {
        guard tensor.shape.count == 2, let rowBytes = tensor.rowByteCount, tensor.type.isDecodable else {
            throw TensorFileError(
                .unsupported,
                file: source.path,
                place: "tensor \"\(tensor.name)\"",
                cause: "shape \(tensor.shape) of \(tensor.type.name) is no matrix that can be read by rows",
                remedy: "name a matrix of a floating-point or GGUF type"
            )
        }
        self.tensor = tensor
        self.rowBytes = rowBytes
        rowCount = tensor.shape[0]
        columnCount = tensor.shape[1]
        if let location = source.location(of: tensor) {
            storage = .file(location)
        } else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(tensor.byteCount)
            try source.stream(tensor, chunkBytes: 1 << 20) { bytes.append(contentsOf: $0) }
            storage = .memory(bytes)
        }
    }

    /// The whole table, for what cannot work with NaN or infinity.
    ///
    /// - Parameter file: the checkpoint, for the error.
    /// - Throws: kind `value`, naming the tensor and the first tokens whose rows hold a number that is not finite.
    public func finiteMatrix(file: String) throws -> Matrix {
        let finite = try FiniteTable(self)
        guard finite.badRows.isEmpty else {
            throw finite.refusal(tensor: tensor.name, file: file, vocabulary: nil, remedy: "repair the checkpoint")
        }
        return try matrix()
    }

    /// The bytes of rows `range` in the tensor's own type.
    public func bytes(ofRows range: Range<Int>) throws -> [UInt8] {
        switch storage {
        case .file(let location):
            try location.file.bytes(at: location.offset + range.lowerBound * rowBytes, count: range.count * rowBytes)
        case .memory(let all): Array(all[range.lowerBound * rowBytes..<range.upperBound * rowBytes])
        }
    }

    /// Rows `range` in float32.
    public func rows(_ range: Range<Int>) throws -> Matrix {
        let bytes = try bytes(ofRows: range)
        let values = try bytes.withUnsafeBytes {
            try ValueCodec.floats($0, as: tensor.type, count: range.count * columnCount)
        }
        return Matrix(rows: range.count, columns: columnCount, elements: values)
    }
}
