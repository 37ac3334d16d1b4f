extension DecoderArchitecture {
    /// Mistral: LLaMA's tensors, and a sliding window. In GGUF files it calls itself llama.
    static let mistral = DecoderArchitecture(
        name: "mistral",
        modelTypes: ["mistral"],
        huggingFace: llama.huggingFace,
        gguf: llama.gguf,
        ggufPairing: llama.ggufPairing,
        rotaryScalings: llama.rotaryScalings,
        hasWindow: true
    )
}
