extension DecoderArchitecture {
    /// LLaMA and what keeps its layout.
    public static let llama = DecoderArchitecture(
        name: "llama",
        modelTypes: ["llama"],
        huggingFace: DecoderTensorNames(
            embedding: "model.embed_tokens",
            norm: "model.norm",
            head: "lm_head",
            layerPrefix: "model.layers.",
            attentionNorm: "input_layernorm",
            attentionInput: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
            attentionOutput: "self_attn.o_proj",
            feedForwardNorm: "post_attention_layernorm",
            gateAndUp: ["mlp.gate_proj", "mlp.up_proj"],
            down: "mlp.down_proj",
            ignored: ["rotary_emb.inv_freq"]
        ),
        gguf: DecoderTensorNames(
            embedding: "token_embd",
            norm: "output_norm",
            head: "output",
            layerPrefix: "blk.",
            attentionNorm: "attn_norm",
            attentionInput: ["attn_q", "attn_k", "attn_v"],
            attentionOutput: "attn_output",
            feedForwardNorm: "ffn_norm",
            gateAndUp: ["ffn_gate", "ffn_up"],
            down: "ffn_down",
            ignored: ["rope_freqs.weight"]
        ),
        ggufPairing: .neighbours,
        rotaryScalings: ["default", "linear", "llama3"],
        hasWindow: false
    )
}
