extension Architecture {
    /// GPT-2 and its kin: learned positions, head tied to the input.
    static let gpt2 = Architecture(
        name: "gpt2",
        modelTypes: ["gpt2", "gpt_neo", "gptj", "gpt_neox"],
        tables: [
            ("wte.weight", .inputEmbedding),
            ("wpe.weight", .positionEmbedding),
            ("embed_in.weight", .inputEmbedding),
            ("embed_out.weight", .outputHead),
            ("lm_head.weight", .outputHead),
            ("token_embd.weight", .inputEmbedding),
            ("position_embd.weight", .positionEmbedding),
            ("output.weight", .outputHead),
        ],
        tiesByDefault: true
    )
}
