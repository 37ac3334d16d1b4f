extension Architecture {
    /// T5 and its kin: relative positions inside attention, one shared embedding.
    static let t5 = Architecture(
        name: "t5",
        modelTypes: ["t5", "mt5", "umt5", "t5encoder"],
        tables: [
            ("shared.weight", .inputEmbedding),
            ("encoder.embed_tokens.weight", .inputEmbedding),
            ("decoder.embed_tokens.weight", .inputEmbedding),
            ("lm_head.weight", .outputHead),
            ("token_embd.weight", .inputEmbedding),
            ("output.weight", .outputHead),
        ],
        tiesByDefault: true
    )
}
