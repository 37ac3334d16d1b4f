import GGUF
import TensorFile
import Transformer

extension DecoderConfiguration {
    /// Reads the keys of a GGUF file, and the tensors that hold rotary factors, as llama.cpp does.
    init(gguf model: GGUFModel, family: DecoderArchitecture, weights: WeightSource) throws {
        let metadata = model.metadata
        let sizes: GGUFHyperparameters
        do throws(TensorFileError) { sizes = try GGUFHyperparameters(metadata) } catch {
            throw error.inFile(model.path)
        }
        func name(_ key: GGUFModelKey) -> String { key.name(for: sizes.architecture) }
        func failure(_ key: String, _ cause: String, _ kind: TensorFileError.Kind = .unsupported) -> TensorFileError {
            TensorFileError(
                kind,
                file: model.path,
                place: "key \(key)",
                cause: cause,
                remedy: "convert the original model again"
            )
        }
        guard let inner = sizes.feedForwardLengths.first, inner > 0,
            sizes.feedForwardLengths.allSatisfy({ $0 == inner }),
            sizes.headCounts.allSatisfy({ $0 == sizes.headCounts[0] }),
            sizes.headCountsKV.allSatisfy({ $0 == sizes.headCountsKV[0] }), sizes.headCountsKV[0] > 0
        else { throw failure(name(.feedForwardLength), "layers of different sizes, or without a feed-forward part") }
        guard sizes.keyLength == sizes.valueLength else {
            throw failure(name(.valueLength), "keys of \(sizes.keyLength) and values of \(sizes.valueLength) numbers")
        }
        guard metadata[name(.expertCount)]?.integer ?? 0 == 0 else {
            throw failure(name(.expertCount), "a mixture of experts")
        }
        vocabularySize = metadata[name(.vocabularySize)]?.integer
        width = sizes.embeddingLength
        layerCount = sizes.blockCount
        heads = sizes.headCounts[0]
        keyValueHeads = sizes.headCountsKV[0]
        headWidth = sizes.keyLength
        innerWidth = inner
        normEpsilon = Float(sizes.normEpsilon ?? 1e-5)
        contextLength = sizes.contextLength
        let window = metadata[name(.slidingWindow)]?.integer ?? 0
        self.window = family.hasWindow && window > 0 ? window : nil
        rotaryWidth = sizes.ropeDimensionCount
        rotaryBase = Float(sizes.ropeFrequencyBase)
        endTokens = [GGUFKey.eosTokenID, .eotTokenID, .eomTokenID].compactMap { metadata[$0]?.integer }

        let pairs = rotaryWidth / 2
        let kind = metadata[name(.ropeScalingType)]?.text ?? "linear"
        if let short = try weights.optionalVector("rope_factors_short.weight", count: pairs),
            let long = try weights.optionalVector("rope_factors_long.weight", count: pairs)
        {
            let original = metadata[name(.ropeOriginalContextLength)]?.integer ?? contextLength
            rotaryScaling = .longRoPE(short: short, long: long, originalContext: original)
            attentionFactor = Float(try metadata.number(name(.ropeAttentionFactor), default: 1))
        } else if let divisors = try weights.optionalVector("rope_freqs.weight", count: pairs) {
            rotaryScaling = .divisors(divisors)
        } else if kind == "linear" {
            let older = try metadata.number(name(.ropeScaleLinear), default: 1)
            let factor = try metadata.number(name(.ropeScalingFactor), default: older)
            if factor != 1, factor != 0 { rotaryScaling = .linear(factor: Float(factor)) }
        } else if kind != "none" && kind != "longrope" {
            throw failure(name(.ropeScalingType), "\"\(kind)\" is not read; known are none, linear and longrope")
        }
        try check(in: model.path)
    }
}
