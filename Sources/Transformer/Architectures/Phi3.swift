extension DecoderArchitecture {
    /// Phi-3 and Phi-3.5: LLaMA with fused products, and LongRoPE for long contexts.
    static let phi3 = DecoderArchitecture(
        name: "phi3",
        modelTypes: ["phi3"],
        huggingFace: DecoderTensorNames(
            embedding: "model.embed_tokens",
            norm: "model.norm",
            head: "lm_head",
            layerPrefix: "model.layers.",
            attentionNorm: "input_layernorm",
            attentionInput: ["self_attn.qkv_proj"],
            attentionOutput: "self_attn.o_proj",
            feedForwardNorm: "post_attention_layernorm",
            gateAndUp: ["mlp.gate_up_proj"],
            down: "mlp.down_proj",
            ignored: ["rotary_emb.inv_freq"]
        ),
        gguf: DecoderTensorNames(
            embedding: "token_embd",
            norm: "output_norm",
            head: "output",
            layerPrefix: "blk.",
            attentionNorm: "attn_norm",
            attentionInput: ["attn_qkv"],
            attentionOutput: "attn_output",
            feedForwardNorm: "ffn_norm",
            gateAndUp: ["ffn_up"],
            down: "ffn_down",
            ignored: ["rope_factors_long.weight", "rope_factors_short.weight"]
        ),
        ggufPairing: .halves,
        // What Phi-3's first configurations call su and yarn is LongRoPE.
        rotaryScalings: ["default", "longrope", "su", "yarn"],
        hasWindow: true
    )
}
