import LinearAlgebra

/// A matrix of weights `[rows, columns]` that stays as it is stored: rows are outputs, columns inputs.
public struct WeightMatrix: Sendable {
    /// The number of outputs.
    public let rows: Int
    /// The number of inputs.
    public let columns: Int
    /// How the numbers are stored.
    public let format: WeightFormat
    private let memory: WeightMemory

    /// The matrix whose rows follow each other in `memory` without gaps.
    ///
    /// - Precondition: rows are whole blocks of `format`, and `memory` holds exactly `rows` of them. F32 numbers lie at
    ///   multiples of 4.
    public init(_ memory: WeightMemory, as format: WeightFormat, rows: Int, columns: Int) {
        let block = format.block
        precondition(columns % block.values == 0, "rows are no whole blocks")
        precondition(memory.bytes.count == rows * (columns / block.values * block.bytes), "bytes do not fill the shape")
        precondition(
            format != .float32 || Int(bitPattern: memory.bytes.baseAddress) % 4 == 0,
            "numbers lie between addresses"
        )
        self.rows = rows
        self.columns = columns
        self.format = format
        self.memory = memory
    }

    /// A matrix of F32 numbers.
    public init(_ matrix: Matrix) {
        let memory = WeightMemory(byteCount: 4 * matrix.elements.count) { bytes in
            matrix.elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
        self.init(memory, as: .float32, rows: matrix.rows, columns: matrix.columns)
    }

    /// Bytes of a row.
    public var rowBytes: Int { columns / format.block.values * format.block.bytes }
    /// Bytes of the matrix: what a product reads.
    public var byteCount: Int { memory.bytes.count }

    /// The bytes of row `row` and of those after it.
    func bytes(fromRow row: Int) -> UnsafeRawPointer {
        // A matrix without rows or columns has no address, and nobody reads from it.
        memory.bytes.baseAddress.map { $0 + row * rowBytes } ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
    }

    /// The matrix itself where its numbers are F32; nil otherwise.
    func floats(rows range: Range<Int>) -> MatrixView<Float>? {
        guard format == .float32 else { return nil }
        let base = bytes(fromRow: range.lowerBound).assumingMemoryBound(to: Float.self)
        return MatrixView(base, rows: range.count, columns: columns)
    }

    /// Decodes the rows of `range`, one after the other.
    func decode(rows range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        format.decode(bytes(fromRow: range.lowerBound), into: target, values: range.count * columns)
    }
}
