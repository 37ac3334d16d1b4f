/// llama's names for the mix of types in a file, stored under `general.file_type`.
///
/// ggml's own library numbers some of them differently (BF16 is 24 there); files hold these numbers.
public enum GGUFFileType: UInt32, CaseIterable, Hashable, Sendable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q8_0 = 7
    case q5_0 = 8
    case q5_1 = 9
    case q2_K = 10
    case q3_K_S = 11
    case q3_K_M = 12
    case q3_K_L = 13
    case q4_K_S = 14
    case q4_K_M = 15
    case q5_K_S = 16
    case q5_K_M = 17
    case q6_K = 18
    case iq2_XXS = 19
    case iq2_XS = 20
    case q2_K_S = 21
    case iq3_XS = 22
    case iq3_XXS = 23
    case iq1_S = 24
    case iq4_NL = 25
    case iq3_S = 26
    case iq3_M = 27
    case iq2_S = 28
    case iq2_M = 29
    case iq4_XS = 30
    case iq1_M = 31
    case bf16 = 32
    case tq1_0 = 36
    case tq2_0 = 37
    case mxfp4 = 38
    case nvfp4 = 39
    case q1_0 = 40

    /// Added to the number where the mix was guessed from the tensors.
    public static let guessedFlag: UInt32 = 1024

    /// The value of `general.quantization_version` for the block types as they are today; readers want the key in files with
    /// quantised tensors.
    public static let quantizationVersion: UInt32 = 2

    /// The mix with number `value`, guessed or not.
    public init?(metadataValue value: UInt32) {
        self.init(rawValue: value & ~Self.guessedFlag)
    }

    /// The mix's name in upper case: "Q4_K_M".
    public var name: String { "\(self)".uppercased() }
}
