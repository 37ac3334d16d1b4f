import Kernels

extension BlockCodec {
    /// The codec of `type`; nil for integers, complex numbers and ggml's internal types Q8_1 and Q8_K. A new type is one
    /// file and one line here.
    static func of(_ type: ElementType) -> BlockCodec? { table[type] }

    private static let table: [ElementType: BlockCodec] = [
        .float64: BlockCodec(Float64Format.self),
        .float32: BlockCodec(Float32Format.self),
        .float16: BlockCodec(Float16Format.self, decode: see_f16_to_f32, encode: see_f32_to_f16),
        .bfloat16: BlockCodec(BFloat16Format.self, decode: see_bf16_to_f32, encode: see_f32_to_bf16),
        .float8E5M2: BlockCodec(bytes: Float8E5M2Format.self),
        .float8E4M3: BlockCodec(bytes: Float8E4M3Format.self),
        .float8E8M0: BlockCodec(Float8E8M0Format.self),
        .float8E4M3FNUZ: BlockCodec(bytes: Float8E4M3FNUZFormat.self),
        .float8E5M2FNUZ: BlockCodec(bytes: Float8E5M2FNUZFormat.self),
        .float6E2M3: BlockCodec(Float6E2M3Format.self),
        .float6E3M2: BlockCodec(Float6E3M2Format.self),
        .float4: BlockCodec(Float4Format.self),
        .q4_0: BlockCodec(Q4_0.self, kernel: SEE_Q4_0),
        .q4_1: BlockCodec(Q4_1.self, kernel: SEE_Q4_1),
        .q5_0: BlockCodec(Q5_0.self, kernel: SEE_Q5_0),
        .q5_1: BlockCodec(Q5_1.self, kernel: SEE_Q5_1),
        .q8_0: BlockCodec(Q8_0.self, kernel: SEE_Q8_0),
        .q2_K: BlockCodec(Q2_K.self, kernel: SEE_Q2_K),
        .q3_K: BlockCodec(Q3_K.self, kernel: SEE_Q3_K),
        .q4_K: BlockCodec(Q4_K.self, kernel: SEE_Q4_K),
        .q5_K: BlockCodec(Q5_K.self, kernel: SEE_Q5_K),
        .q6_K: BlockCodec(Q6_K.self, kernel: SEE_Q6_K),
        .iq2_XXS: BlockCodec(reading: IQ2_XXS.self),
        .iq2_XS: BlockCodec(reading: IQ2_XS.self),
        .iq2_S: BlockCodec(reading: IQ2_S.self),
        .iq3_XXS: BlockCodec(reading: IQ3_XXS.self),
        .iq3_S: BlockCodec(reading: IQ3_S.self),
        .iq1_S: BlockCodec(reading: IQ1_S.self),
        .iq1_M: BlockCodec(reading: IQ1_M.self),
        .iq4_NL: BlockCodec(reading: IQ4_NL.self),
        .iq4_XS: BlockCodec(reading: IQ4_XS.self),
        .tq1_0: BlockCodec(TQ1_0.self),
        .tq2_0: BlockCodec(TQ2_0.self),
        .mxfp4: BlockCodec(MXFP4.self),
        .nvfp4: BlockCodec(NVFP4.self),
        .q1_0: BlockCodec(Q1_0.self),
        .q2_0: BlockCodec(Q2_0.self),
    ]
}
