extension BlockCodec {
    /// The codec of `type`; nil for integers, complex numbers and ggml's internal types. A new type is one file and one line here.
    static func of(_ type: ElementType) -> BlockCodec? { table[type] }

    private static let table: [ElementType: BlockCodec] = [
        .float64: BlockCodec(Float64Format.self),
        .float32: BlockCodec(Float32Format.self),
        .float16: BlockCodec(Float16Format.self),
        .bfloat16: BlockCodec(BFloat16Format.self),
        .q4_0: BlockCodec(Q4_0.self),
        .q8_0: BlockCodec(Q8_0.self),
    ]
}
