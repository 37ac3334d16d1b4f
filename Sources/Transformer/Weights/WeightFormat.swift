import Kernels

/// How the numbers of a weight matrix are stored; the formats that layers multiply by in place.
public enum WeightFormat: String, CaseIterable, Sendable {
    /// Plain numbers, little-endian.
    case float32, float16, bfloat16
    /// ggml's blocks of 32 values.
    case q4_0, q4_1, q5_0, q5_1, q8_0
    /// ggml's blocks of 256 values.
    case q2_K, q3_K, q4_K, q5_K, q6_K

    /// Values and bytes of one block; a plain number is a block of one.
    public var block: (values: Int, bytes: Int) {
        switch self {
        case .float32: (1, 4)
        case .float16, .bfloat16: (1, 2)
        case .q4_0: (32, 18)
        case .q4_1: (32, 20)
        case .q5_0: (32, 22)
        case .q5_1: (32, 24)
        case .q8_0: (32, 34)
        case .q2_K: (256, 84)
        case .q3_K: (256, 110)
        case .q4_K: (256, 144)
        case .q5_K: (256, 176)
        case .q6_K: (256, 210)
        }
    }

    /// Formats whose products are sums of whole numbers, with the other side rounded to signed bytes; nil for others.
    var wholeNumberFormat: see_weight_format? {
        switch self {
        case .q8_0: SEE_WEIGHTS_Q8_0
        case .q4_0: SEE_WEIGHTS_Q4_0
        case .q4_K: SEE_WEIGHTS_Q4_K
        default: nil
        }
    }

    /// Decodes `values` numbers, whole blocks, from `source`, which needs no alignment.
    func decode(_ source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, values: Int) {
        switch self {
        case .float32: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: 4 * values)
        case .float16: see_f16_to_f32(source, target, values)
        case .bfloat16: see_bf16_to_f32(source, target, values)
        default:
            guard let type = blockType else { return }
            let bytes = source.assumingMemoryBound(to: UInt8.self)
            see_block_kernel_of(type).decode(bytes, target, values / block.values)
        }
    }

    private var blockType: see_block_type? {
        switch self {
        case .float32, .float16, .bfloat16: nil
        case .q4_0: SEE_Q4_0
        case .q4_1: SEE_Q4_1
        case .q5_0: SEE_Q5_0
        case .q5_1: SEE_Q5_1
        case .q8_0: SEE_Q8_0
        case .q2_K: SEE_Q2_K
        case .q3_K: SEE_Q3_K
        case .q4_K: SEE_Q4_K
        case .q5_K: SEE_Q5_K
        case .q6_K: SEE_Q6_K
        }
    }
}
