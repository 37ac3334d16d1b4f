/// A tensor's name, type and shape, with sizes that are proved to fit.
public struct TensorDescriptor: Hashable, Sendable {
    /// The name in its container.
    public let name: String
    /// The type of its values.
    public let type: ElementType
    /// Lengths of the dimensions, outermost first (C order: the last one varies fastest); empty for a scalar.
    public let shape: [Int]
    /// Number of values: the product of `shape`.
    public let elementCount: Int
    /// Bytes of the values in `type`'s encoding.
    public let byteCount: Int

    /// Checks the shape: no negative length, no overflow in any order of multiplication, whole blocks of `type`.
    ///
    /// GGUF's quantised types need whole blocks in every row; sub-byte types need them in the whole tensor.
    public init(name: String, type: ElementType, shape: [Int]) throws(TensorFileError) {
        // Built only for messages: a container may have a million tensors.
        var place: String { "tensor \"\(name)\"" }
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw TensorFileError(
                .malformed,
                place: place,
                cause: "shape \(shape) has a negative length",
                remedy: "the file is damaged"
            )
        }
        // Zero lengths are left out of the product, so that [0, 2^63, 4] and [2^63, 4, 0] meet the same verdict.
        var product = 1
        for length in shape where length != 0 {
            guard let next = product.multiplied(exactlyBy: length) else {
                throw TensorFileError(
                    .overflow,
                    place: place,
                    cause: "shape \(shape) has more than 2^63 values",
                    remedy: "the file is damaged or hostile; fetch it again"
                )
            }
            product = next
        }
        let count = shape.contains(0) ? 0 : product
        let geometry = type.geometry
        if type.isBlockQuantised, let row = shape.last, row % geometry.elements != 0 {
            throw TensorFileError(
                .mismatch,
                place: place,
                cause: "rows of \(row) values are no whole blocks of \(geometry.elements) (\(type.name))",
                remedy: "choose a type without blocks, such as F16, for this tensor"
            )
        }
        guard count % geometry.elements == 0 else {
            throw TensorFileError(
                .malformed,
                place: place,
                cause: "\(count) values of \(type.name) end inside a byte (blocks of \(geometry.elements))",
                remedy: "pad the tensor or choose another type"
            )
        }
        guard let bytes = geometry.byteCount(elements: count),
            geometry.byteCount(elements: product / geometry.elements * geometry.elements) != nil
        else {
            throw TensorFileError(
                .overflow,
                place: place,
                cause: "shape \(shape) of \(type.name) takes more than 2^63 bytes",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        self.name = name
        self.type = type
        self.shape = shape
        self.elementCount = count
        self.byteCount = bytes
    }

    /// Length of the innermost dimension; 1 for a scalar.
    public var rowLength: Int { shape.last ?? 1 }

    /// Number of rows: values divided by the length of a row.
    public var rowCount: Int { rowLength == 0 ? 0 : elementCount / rowLength }

    /// Bytes of a row, where rows are whole bytes; nil for sub-byte types with odd rows.
    public var rowByteCount: Int? { type.geometry.byteCount(elements: rowLength) }
}
