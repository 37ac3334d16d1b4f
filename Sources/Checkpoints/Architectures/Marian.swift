extension Architecture {
    /// Encoder–decoder translators: Marian, BART, mBART, M2M100, Pegasus.
    static let marian = Architecture(
        name: "marian",
        modelTypes: ["marian", "bart", "mbart", "m2m_100", "pegasus", "blenderbot"],
        tables: [
            ("shared.weight", .inputEmbedding),
            ("encoder.embed_tokens.weight", .inputEmbedding),
            ("decoder.embed_tokens.weight", .inputEmbedding),
            ("lm_head.weight", .outputHead),
            ("encoder.embed_positions.weight", .positionEmbedding),
            ("decoder.embed_positions.weight", .positionEmbedding),
        ],
        tiesByDefault: true
    )
}
