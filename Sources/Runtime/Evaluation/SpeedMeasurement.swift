import Foundation
import TensorFile
import Transformer

/// How fast a model reads and writes, on this machine and now.
public struct SpeedMeasurement: Sendable {
    /// Tokens of the prompt.
    public var promptTokens = 256
    /// Tokens generated after it.
    public var generatedTokens = 64
    /// Runs, of which the median counts.
    public var repetitions = 5

    /// The usual sizes.
    public init() {}

    /// What was measured; medians over the runs.
    public struct Result: Sendable {
        /// Tokens of the prompt a second.
        public var promptRate: Double
        /// Tokens generated a second.
        public var generationRate: Double
        /// Bytes of weights that a generated token reads.
        public var bytesPerToken: Int
        /// Bytes of keys and values when the sequence is full.
        public var cacheBytes: Int
        /// The most memory that the process has held, in bytes; nil where the system does not say.
        public var peakMemory: Int?
    }

    /// Runs `model` over tokens spread across its table, which its output does not change: speed does not depend on them.
    public func measure(_ model: DecoderModel, progress: (Int) -> Void = { _ in }) throws -> Result {
        let count = model.embedding.tokenCount
        let prompt = (0..<max(1, promptTokens)).map { (7 + 131 * $0) % count }
        let sequence = try DecoderSequence(model, capacity: prompt.count + generatedTokens)
        let clock = ContinuousClock()
        // Once untimed, so that the weights' pages are there.
        _ = try sequence.logits(appending: Array(prompt.prefix(8)))
        var promptRates: [Double] = []
        var generationRates: [Double] = []
        for run in 0..<max(1, repetitions) {
            sequence.removeAll()
            let start = clock.now
            _ = try sequence.logits(appending: prompt)
            let read = clock.now
            for token in 0..<generatedTokens { _ = try sequence.logits(appending: [(11 + 17 * token) % count]) }
            let end = clock.now
            promptRates.append(Double(prompt.count) / ((read - start) / .seconds(1)))
            generationRates.append(Double(generatedTokens) / max(1e-9, (end - read) / .seconds(1)))
            progress(run + 1)
        }
        return Result(
            promptRate: promptRates.sorted()[promptRates.count / 2],
            generationRate: generationRates.sorted()[generationRates.count / 2],
            bytesPerToken: model.bytesPerToken,
            cacheBytes: sequence.cacheByteCount,
            peakMemory: Self.peakMemory
        )
    }

    /// The greatest resident size so far, in bytes.
    public static var peakMemory: Int? {
        #if os(Linux)
        // getrusage would count what the parent process held before it started this one.
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let figure = line.split(separator: " ").dropLast().last
        else { return nil }
        return Int(figure)?.multiplied(exactlyBy: 1 << 10)
        #else
        var usage = rusage()
        guard getrusage(RUSAGE_SELF, &usage) == 0 else { return nil }
        return usage.ru_maxrss
        #endif
    }
}
