/// The type of a tensor's values: every type that safetensors, GGUF or NumPy files can hold.
///
/// `geometry` is the one place that knows sizes; each container maps these cases to its own numbers and names.
public enum ElementType: String, CaseIterable, Hashable, Sendable {
    // Plain numbers.
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"
    case complex64 = "C64"
    case complex128 = "C128"
    // Small floats, as safetensors names them.
    case float8E5M2 = "F8_E5M2"
    case float8E4M3 = "F8_E4M3"
    case float8E8M0 = "F8_E8M0"
    case float8E4M3FNUZ = "F8_E4M3FNUZ"
    case float8E5M2FNUZ = "F8_E5M2FNUZ"
    case float6E2M3 = "F6_E2M3"
    case float6E3M2 = "F6_E3M2"
    case float4 = "F4"
    // GGUF's block types.
    case q4_0 = "Q4_0"
    case q4_1 = "Q4_1"
    case q5_0 = "Q5_0"
    case q5_1 = "Q5_1"
    case q8_0 = "Q8_0"
    case q8_1 = "Q8_1"
    case q2_K = "Q2_K"
    case q3_K = "Q3_K"
    case q4_K = "Q4_K"
    case q5_K = "Q5_K"
    case q6_K = "Q6_K"
    case q8_K = "Q8_K"
    case iq2_XXS = "IQ2_XXS"
    case iq2_XS = "IQ2_XS"
    case iq3_XXS = "IQ3_XXS"
    case iq1_S = "IQ1_S"
    case iq4_NL = "IQ4_NL"
    case iq3_S = "IQ3_S"
    case iq2_S = "IQ2_S"
    case iq4_XS = "IQ4_XS"
    case iq1_M = "IQ1_M"
    case tq1_0 = "TQ1_0"
    case tq2_0 = "TQ2_0"
    case mxfp4 = "MXFP4"
    case nvfp4 = "NVFP4"
    case q1_0 = "Q1_0"
    case q2_0 = "Q2_0"

    /// The type's name in reports, on the command line and in safetensors headers (the GGUF types keep ggml's names).
    public var name: String { rawValue }

    /// The type that `name` names, upper or lower case.
    public init?(named name: String) {
        self.init(rawValue: name.uppercased())
    }

    /// Values and bytes of one block.
    public var geometry: BlockGeometry {
        switch self {
        case .complex128: BlockGeometry(elements: 1, bytes: 16)
        case .float64, .int64, .uint64, .complex64: BlockGeometry(elements: 1, bytes: 8)
        case .float32, .int32, .uint32: BlockGeometry(elements: 1, bytes: 4)
        case .float16, .bfloat16, .int16, .uint16: BlockGeometry(elements: 1, bytes: 2)
        case .int8, .uint8, .bool, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ:
            BlockGeometry(elements: 1, bytes: 1)
        case .float6E2M3, .float6E3M2: BlockGeometry(elements: 4, bytes: 3)
        case .float4: BlockGeometry(elements: 2, bytes: 1)
        case .q4_0, .iq4_NL: BlockGeometry(elements: 32, bytes: 18)
        case .q4_1: BlockGeometry(elements: 32, bytes: 20)
        case .q5_0: BlockGeometry(elements: 32, bytes: 22)
        case .q5_1: BlockGeometry(elements: 32, bytes: 24)
        case .q8_0: BlockGeometry(elements: 32, bytes: 34)
        case .q8_1: BlockGeometry(elements: 32, bytes: 36)
        case .q2_K: BlockGeometry(elements: 256, bytes: 84)
        case .q3_K, .iq3_S: BlockGeometry(elements: 256, bytes: 110)
        case .q4_K: BlockGeometry(elements: 256, bytes: 144)
        case .q5_K: BlockGeometry(elements: 256, bytes: 176)
        case .q6_K: BlockGeometry(elements: 256, bytes: 210)
        case .q8_K: BlockGeometry(elements: 256, bytes: 292)
        case .iq2_XXS, .tq2_0: BlockGeometry(elements: 256, bytes: 66)
        case .iq2_XS: BlockGeometry(elements: 256, bytes: 74)
        case .iq3_XXS: BlockGeometry(elements: 256, bytes: 98)
        case .iq1_S: BlockGeometry(elements: 256, bytes: 50)
        case .iq2_S: BlockGeometry(elements: 256, bytes: 82)
        case .iq4_XS: BlockGeometry(elements: 256, bytes: 136)
        case .iq1_M: BlockGeometry(elements: 256, bytes: 56)
        case .tq1_0: BlockGeometry(elements: 256, bytes: 54)
        case .mxfp4: BlockGeometry(elements: 32, bytes: 17)
        case .nvfp4: BlockGeometry(elements: 64, bytes: 36)
        case .q1_0: BlockGeometry(elements: 128, bytes: 18)
        case .q2_0: BlockGeometry(elements: 64, bytes: 18)
        }
    }

    /// True for types whose rows must be whole blocks (GGUF's quantised types).
    public var isBlockQuantised: Bool { geometry.elements >= 32 }
}

extension ElementType {
    /// True for plain floating-point types of any width (not for complex or block types).
    public var isFloatingPoint: Bool {
        switch self {
        case .float64, .float32, .float16, .bfloat16, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ,
            .float8E5M2FNUZ, .float6E2M3, .float6E3M2, .float4:
            true
        default: false
        }
    }
}
