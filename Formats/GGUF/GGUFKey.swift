/// The names of metadata keys that do not depend on the model's architecture.
public enum GGUFKey: String, CaseIterable, Sendable {
    case architecture = "general.architecture"
    case alignment = "general.alignment"
    case fileType = "general.file_type"
    case quantizationVersion = "general.quantization_version"
    case modelName = "general.name"
    case modelType = "general.type"

    case splitNumber = "split.no"
    case splitCount = "split.count"
    case splitTensorCount = "split.tensors.count"

    case tokenizerModel = "tokenizer.ggml.model"
    case tokenizerPre = "tokenizer.ggml.pre"
    case tokens = "tokenizer.ggml.tokens"
    case tokenTypes = "tokenizer.ggml.token_type"
    case tokenTypeCount = "tokenizer.ggml.token_type_count"
    case scores = "tokenizer.ggml.scores"
    case merges = "tokenizer.ggml.merges"
    case bosTokenID = "tokenizer.ggml.bos_token_id"
    case eosTokenID = "tokenizer.ggml.eos_token_id"
    case eotTokenID = "tokenizer.ggml.eot_token_id"
    case eomTokenID = "tokenizer.ggml.eom_token_id"
    case unknownTokenID = "tokenizer.ggml.unknown_token_id"
    /// The specification's spelling, which files do not use.
    case separatorTokenID = "tokenizer.ggml.separator_token_id"
    /// The misspelling that every writer and reader uses.
    case seperatorTokenID = "tokenizer.ggml.seperator_token_id"
    case paddingTokenID = "tokenizer.ggml.padding_token_id"
    case maskTokenID = "tokenizer.ggml.mask_token_id"
    case classTokenID = "tokenizer.ggml.cls_token_id"
    case addBOS = "tokenizer.ggml.add_bos_token"
    case addEOS = "tokenizer.ggml.add_eos_token"
    case addSpacePrefix = "tokenizer.ggml.add_space_prefix"
    case removeExtraWhitespaces = "tokenizer.ggml.remove_extra_whitespaces"
    case precompiledCharsMap = "tokenizer.ggml.precompiled_charsmap"
    case huggingFaceTokenizer = "tokenizer.huggingface.json"
    /// Jinja source; named variants have a dot and their name behind it.
    case chatTemplate = "tokenizer.chat_template"

    /// The key as it stands in files.
    public var name: String { rawValue }
}

/// Metadata keys of an architecture: in files they have its name and a dot before them.
public enum GGUFModelKey: String, CaseIterable, Sendable {
    case vocabularySize = "vocab_size"
    case contextLength = "context_length"
    case embeddingLength = "embedding_length"
    case blockCount = "block_count"
    case decoderBlockCount = "decoder_block_count"
    case decoderStartTokenID = "decoder_start_token_id"
    case feedForwardLength = "feed_forward_length"
    case expertCount = "expert_count"
    case expertUsedCount = "expert_used_count"
    case poolingType = "pooling_type"
    case headCount = "attention.head_count"
    case headCountKV = "attention.head_count_kv"
    case keyLength = "attention.key_length"
    case valueLength = "attention.value_length"
    case layerNormEpsilon = "attention.layer_norm_epsilon"
    case rmsNormEpsilon = "attention.layer_norm_rms_epsilon"
    case isCausal = "attention.causal"
    case slidingWindow = "attention.sliding_window"
    case relativeBucketCount = "attention.relative_buckets_count"
    case ropeDimensionCount = "rope.dimension_count"
    case ropeFrequencyBase = "rope.freq_base"
    case ropeScalingType = "rope.scaling.type"
    case ropeScalingFactor = "rope.scaling.factor"
    /// The older name of the scaling factor, still read.
    case ropeScaleLinear = "rope.scale_linear"
    case ropeOriginalContextLength = "rope.scaling.original_context_length"
    case ropeAttentionFactor = "rope.scaling.attn_factor"

    /// The key as it stands in files of `architecture`: "llama.block_count".
    public func name(for architecture: String) -> String { "\(architecture).\(rawValue)" }
}
