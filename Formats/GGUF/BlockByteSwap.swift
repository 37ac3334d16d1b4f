import TensorFile

/// Turns the numbers inside blocks from big-endian to little-endian.
///
/// A big-endian file holds ggml's block structures as a big-endian machine has them in memory: fields of several bytes are
/// turned round, runs of single bytes are not.
struct BlockByteSwap {
    /// Equal numbers of `width` bytes, one after the other, from `offset` in the block on.
    private struct Field {
        let offset: Int
        let width: Int
        var count = 1
    }

    private let blockBytes: Int
    private let fields: [Field]

    /// The fields of `type`'s blocks.
    ///
    /// Types whose codes read several single bytes as one larger number have no agreed big-endian form, and no writer of
    /// them is known: they are refused.
    init(_ type: ElementType, place: String) throws(TensorFileError) {
        guard let fields = Self.fields(of: type) else {
            throw TensorFileError(
                .unsupported,
                place: place,
                cause: "\(type.name) has no agreed big-endian form",
                remedy: "convert the file to little-endian where it comes from"
            )
        }
        self.fields = fields
        blockBytes = type.geometry.bytes
    }

    /// Turns the fields of every block of `bytes`, which are whole blocks.
    func apply(to bytes: inout [UInt8]) {
        for block in stride(from: 0, through: bytes.count - blockBytes, by: blockBytes) {
            for field in fields {
                for index in 0..<field.count {
                    let start = block + field.offset + index * field.width
                    bytes[start..<start + field.width].reverse()
                }
            }
        }
    }

    /// Numbers of more than one byte in ggml's structures (ggml-common.h); nil for types without an agreed form.
    private static func fields(of type: ElementType) -> [Field]? {
        let half = 2
        switch type {
        case .float64, .int64, .uint64: return [Field(offset: 0, width: 8)]
        case .float32, .int32, .uint32: return [Field(offset: 0, width: 4)]
        case .float16, .bfloat16, .int16, .uint16: return [Field(offset: 0, width: 2)]
        case .int8, .uint8, .bool, .mxfp4, .nvfp4: return []
        case .q4_0, .q8_0, .iq4_NL, .q1_0, .q2_0, .iq2_S, .iq3_S: return [Field(offset: 0, width: half)]
        case .q4_1, .q8_1, .q4_K, .q5_K: return [Field(offset: 0, width: half, count: 2)]
        case .q2_K: return [Field(offset: 80, width: half, count: 2)]
        case .q3_K: return [Field(offset: 108, width: half)]
        case .q6_K: return [Field(offset: 208, width: half)]
        case .q8_K: return [Field(offset: 0, width: 4), Field(offset: 260, width: 2, count: 16)]
        case .iq2_XS: return [Field(offset: 0, width: half), Field(offset: 2, width: 2, count: 32)]
        case .iq1_S: return [Field(offset: 0, width: half), Field(offset: 34, width: 2, count: 8)]
        case .iq4_XS: return [Field(offset: 0, width: half, count: 2)]
        case .tq1_0: return [Field(offset: 52, width: half)]
        case .tq2_0: return [Field(offset: 64, width: half)]
        case .q5_0, .q5_1, .iq2_XXS, .iq3_XXS, .iq1_M: return nil
        case .complex64, .complex128, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ,
            .float6E2M3, .float6E3M2, .float4:
            return nil
        }
    }
}
