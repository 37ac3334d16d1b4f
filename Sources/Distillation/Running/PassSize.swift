import TensorFile
import Transformer

/// How many tokens a pass may hold, so that activations stay within a number of bytes.
struct PassSize {
    /// The most tokens, of sources and targets together; a longer text passes alone.
    let tokens: Int

    /// Tokens of the pass that is measured: enough that what does not grow with a pass matters little.
    private static let measuredTokens = 512

    /// Measures passes of `student` and `teacher` over what takes most: the longest of `texts`, for its attention, and the longest
    /// source and the longest target nearly alone, because a token of either takes another amount.
    ///
    /// The size is a function of the models, the texts and the bytes, so that a training that goes on has the same.
    /// - Parameter weights: the losses of every phase.
    /// - Throws: kind `limit` where not even the longest text fits `bytes`.
    init(
        _ bytes: Int?,
        texts: [TrainingText],
        student: any DistillationModel,
        teacher: any DistillationModel,
        weights: [LossWeights]
    ) throws {
        guard let bytes, let longest = texts.max(by: { $0.length < $1.length }), longest.length > 0 else {
            tokens = .max
            return
        }
        var measured = [longest]
        if let source = texts.max(by: { $0.tokens.count < $1.tokens.count }),
            let target = texts.max(by: { $0.target.count < $1.target.count }), !target.target.isEmpty
        {
            measured.append(TrainingText(source.tokens, target: Array(source.target.prefix(1))))
            measured.append(TrainingText(Array(target.tokens.prefix(1)), target: target.target))
        }
        var perToken = 1
        for text in measured {
            let copies = [TrainingText](repeating: text, count: max(1, Self.measuredTokens / text.length))
            // The most so far: what an earlier measurement took counts again, and the passes are rather too small than too large.
            let used = try weights.map { try Self.bytes(copies, student, teacher, $0) }.max() ?? 0
            perToken = max(perToken, (used + copies.count * text.length - 1) / (copies.count * text.length))
        }
        student.parameters.clearGradients()
        tokens = bytes / perToken
        guard tokens >= longest.length else {
            throw TensorFileError(
                .limit,
                file: "--memory",
                place: "\(bytes) bytes",
                cause: "a text of \(longest.length) tokens takes about \(longest.length * perToken) bytes to train on",
                remedy: "allow at least so many bytes, or shorten the texts"
            )
        }
    }

    /// Bytes that passes have taken at most, after one over `texts`.
    private static func bytes(
        _ texts: [TrainingText],
        _ student: any DistillationModel,
        _ teacher: any DistillationModel,
        _ weights: LossWeights
    ) throws -> Int {
        _ = try student.losses(of: [texts], against: teacher, weights, differentiates: true)
        return student.activationByteCount + teacher.activationByteCount
    }

    /// `texts` in passes.
    func passes(_ texts: [TrainingText]) -> [[TrainingText]] {
        TrainingData.cut(texts, tokens, length: \.length)
    }
}
