extension Architecture {
    /// Decoders of the LLaMA kind, Phi-3 among them: rotary positions, so no position table.
    static let llama = Architecture(
        name: "llama",
        modelTypes: [
            "llama", "phi3", "mistral", "mixtral", "qwen2", "qwen3", "gemma", "gemma2", "phi", "stablelm", "smollm",
            "olmo",
            "falcon",
        ],
        tables: [
            ("embed_tokens.weight", .inputEmbedding),
            ("lm_head.weight", .outputHead),
            ("token_embd.weight", .inputEmbedding),
            ("output.weight", .outputHead),
            ("tok_embeddings.weight", .inputEmbedding),
        ],
        tiesByDefault: false
    )
}
