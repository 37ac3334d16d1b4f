import TensorFile

/// What becomes of tensors whose type NumPy lacks.
public enum NumPyMissingTypes: Hashable, Sendable {
    /// They are refused, naming the types to convert to.
    case refuse
    /// Their bytes are written as `V2` (bfloat16) or `V1` (8-bit floats), as `ml_dtypes` does. The reader must know what
    /// they were; NumPy cannot compute with them before a `view`.
    case voidBytes
}

extension NumPyHeader {
    /// The bytes before the data of `tensor`, the same that `numpy.save` writes: version 1.0, padded to 64 bytes.
    static func encoded(
        for tensor: TensorDescriptor,
        missingTypes: NumPyMissingTypes
    ) throws(TensorFileError) -> [UInt8] {
        guard tensor.shape.count <= rankLimit else {
            throw TensorFileError(
                .limit,
                place: "tensor \"\(tensor.name)\"",
                cause: "\(tensor.shape.count) dimensions, NumPy allows \(rankLimit)",
                remedy: "reshape the tensor"
            )
        }
        let code = try typeCode(of: tensor, missingTypes: missingTypes)
        let shape = tensor.shape.map(String.init)
        let tuple = shape.count == 1 ? "(\(shape[0]),)" : "(\(shape.joined(separator: ", ")))"
        var text = "{'descr': '\(code)', 'fortran_order': False, 'shape': \(tuple), }"
        // NumPy leaves room for the first dimension to grow to 21 digits in place.
        if let first = shape.first { text += String(repeating: " ", count: 21 - first.utf8.count) }
        // With 64 dimensions of 19 digits the text stays far below the 65,535 bytes of version 1.0.
        let total = (10 + text.utf8.count + 1 + 63) / 64 * 64
        text += String(repeating: " ", count: total - 10 - text.utf8.count - 1) + "\n"
        let length = text.utf8.count
        return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
    }

    private static func typeCode(
        of tensor: TensorDescriptor,
        missingTypes: NumPyMissingTypes
    ) throws(TensorFileError) -> String {
        switch tensor.type {
        case .bool: "|b1"
        case .int8: "|i1"
        case .uint8: "|u1"
        case .int16: "<i2"
        case .int32: "<i4"
        case .int64: "<i8"
        case .uint16: "<u2"
        case .uint32: "<u4"
        case .uint64: "<u8"
        case .float16: "<f2"
        case .float32: "<f4"
        case .float64: "<f8"
        case .complex64: "<c8"
        case .complex128: "<c16"
        case .bfloat16 where missingTypes == .voidBytes: "<V2"
        case .float8E5M2 where missingTypes == .voidBytes: "<V1"
        case .float8E4M3 where missingTypes == .voidBytes: "<V1"
        case .float8E8M0 where missingTypes == .voidBytes: "<V1"
        case .float8E4M3FNUZ where missingTypes == .voidBytes: "<V1"
        case .float8E5M2FNUZ where missingTypes == .voidBytes: "<V1"
        default:
            throw TensorFileError(
                .unsupported,
                place: "tensor \"\(tensor.name)\"",
                cause: "NumPy has no type for \(tensor.type.name)",
                remedy: "convert with --dtype f16 or --dtype f32"
            )
        }
    }
}
