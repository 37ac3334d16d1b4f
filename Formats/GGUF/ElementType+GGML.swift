import TensorFile

extension ElementType {
    /// The number of this type in GGUF files; nil for types that GGUF cannot hold.
    public var ggmlID: UInt32? { Self.ggmlIDs[self] }

    /// The type with number `id`. Numbers that ggml has given up are refused with what became of them.
    public init(ggmlID id: UInt32, place: @autoclosure () -> String) throws(TensorFileError) {
        if let type = Self.ggmlTypes[id] {
            self = type
        } else if let removed = Self.removedGGMLTypes[id] {
            throw TensorFileError(
                .unsupported,
                place: place(),
                cause: "type \(id) (\(removed.name)) was removed from ggml",
                remedy: removed.remedy
            )
        } else {
            throw TensorFileError(
                .unsupported,
                place: place(),
                cause: "type \(id) is unknown; the highest known is 42 (Q2_0)",
                remedy: "the file is damaged or newer than this reader"
            )
        }
    }

    private static let ggmlTypes: [UInt32: ElementType] = [
        0: .float32, 1: .float16, 2: .q4_0, 3: .q4_1, 6: .q5_0, 7: .q5_1, 8: .q8_0, 9: .q8_1,
        10: .q2_K, 11: .q3_K, 12: .q4_K, 13: .q5_K, 14: .q6_K, 15: .q8_K,
        16: .iq2_XXS, 17: .iq2_XS, 18: .iq3_XXS, 19: .iq1_S, 20: .iq4_NL, 21: .iq3_S, 22: .iq2_S, 23: .iq4_XS,
        24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64, 29: .iq1_M, 30: .bfloat16,
        34: .tq1_0, 35: .tq2_0, 39: .mxfp4, 40: .nvfp4, 41: .q1_0, 42: .q2_0,
    ]

    private static let ggmlIDs = Dictionary(uniqueKeysWithValues: ggmlTypes.map { ($1, $0) })

    private static let removedGGMLTypes: [UInt32: (name: String, remedy: String)] = {
        let requantise = "quantise the original model again, to Q4_0 or later"
        let repack = "convert the original model again, to "
        return [
            4: ("Q4_2", requantise), 5: ("Q4_3", requantise),
            31: ("Q4_0_4_4", repack + "Q4_0"), 32: ("Q4_0_4_8", repack + "Q4_0"), 33: ("Q4_0_8_8", repack + "Q4_0"),
            36: ("IQ4_NL_4_4", repack + "IQ4_NL"), 37: ("IQ4_NL_4_8", repack + "IQ4_NL"),
            38: ("IQ4_NL_8_8", repack + "IQ4_NL"),
        ]
    }()
}
