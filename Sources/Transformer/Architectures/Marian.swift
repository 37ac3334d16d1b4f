extension TranslatorArchitecture {
    /// Marian (Junczys-Dowmunt et al. 2018): the first Transformer, with sines and cosines for places.
    public static let marian: TranslatorArchitecture = {
        let layer = EncoderLayerNames(
            attentionInput: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
            attentionOutput: "self_attn.out_proj",
            attentionNorm: "self_attn_layer_norm",
            up: "fc1",
            down: "fc2",
            feedForwardNorm: "final_layer_norm"
        )
        func half(_ prefix: String) -> EncoderTensorNames {
            EncoderTensorNames(
                embedding: prefix + "embed_tokens",
                positions: prefix + "embed_positions",
                layerPrefix: prefix + "layers.",
                layer: layer
            )
        }
        return TranslatorArchitecture(
            name: "marian",
            modelTypes: ["marian"],
            sharedEmbedding: "model.shared",
            encoder: half("model.encoder."),
            decoder: half("model.decoder."),
            sourceAttention: (
                ["encoder_attn.q_proj", "encoder_attn.k_proj", "encoder_attn.v_proj"], "encoder_attn.out_proj",
                "encoder_attn_layer_norm"
            ),
            head: "lm_head",
            headBias: "final_logits_bias"
        )
    }()
}
