extension EncoderArchitecture {
    /// BERT (Devlin et al. 2018) and the sentence encoders made of it.
    public static let bert = EncoderArchitecture(
        name: "bert",
        modelTypes: ["bert"],
        huggingFace: EncoderTensorNames(
            embedding: "embeddings.word_embeddings",
            positions: "embeddings.position_embeddings",
            types: "embeddings.token_type_embeddings",
            embeddingNorm: "embeddings.LayerNorm",
            layerPrefix: "encoder.layer.",
            layer: EncoderLayerNames(
                attentionInput: ["attention.self.query", "attention.self.key", "attention.self.value"],
                attentionOutput: "attention.output.dense",
                attentionNorm: "attention.output.LayerNorm",
                up: "intermediate.dense",
                down: "output.dense",
                feedForwardNorm: "output.LayerNorm"
            ),
            // The pooler and the classifiers follow the last hidden state.
            ignored: [
                "embeddings.position_ids", "embeddings.token_type_ids", "pooler.dense.weight", "pooler.dense.bias",
                "cls.seq_relationship.weight", "cls.seq_relationship.bias", "cls.predictions.decoder.bias",
            ]
        ),
        gguf: EncoderTensorNames(
            embedding: "token_embd",
            positions: "position_embd",
            types: "token_types",
            embeddingNorm: "token_embd_norm",
            layerPrefix: "blk.",
            layer: EncoderLayerNames(
                attentionInput: ["attn_q", "attn_k", "attn_v"],
                attentionOutput: "attn_output",
                attentionNorm: "attn_output_norm",
                up: "ffn_up",
                down: "ffn_down",
                feedForwardNorm: "layer_output_norm"
            )
        ),
        prefixes: ["", "bert.", "model.", "0.auto_model."],
        maskedHead: MaskedHeadNames(
            transform: "cls.predictions.transform.dense",
            norm: "cls.predictions.transform.LayerNorm",
            head: "cls.predictions.decoder",
            bias: "cls.predictions.bias"
        )
    )
}
