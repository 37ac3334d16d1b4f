#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Magnitudes at equal ratios: low, low · ratio, low · ratio², …
public struct LogarithmicLevels: Sendable, Equatable {
    /// The least magnitude.
    public let low: Float
    /// The ratio between neighbours, at least 1.
    public let ratio: Float
    /// All magnitudes, ascending, made by repeated multiplication, so that every machine gets the same.
    public let magnitudes: [Float]

    /// `count` levels; nil unless all are finite and above 0 and the ratio is at least 1.
    public init?(low: Float, ratio: Float, count: Int) {
        guard low > 0, ratio >= 1, count > 0, count <= 1 << 16 else { return nil }
        var magnitudes = [low]
        for _ in 1..<max(count, 1) { magnitudes.append(magnitudes[magnitudes.count - 1] * ratio) }
        guard magnitudes.allSatisfy(\.isFinite) else { return nil }
        (self.low, self.ratio, self.magnitudes) = (low, ratio, Array(magnitudes.prefix(count)))
    }

    /// The `count` levels that round `values` with the least squared error, of those that end at the greatest magnitude
    /// and begin at one of its fractions down to 1/4096. One level is the mean magnitude.
    public init(fitting values: [Float], count: Int) {
        let magnitudes = values.map(abs).filter { $0.isFinite && $0 > 1e-20 && $0 < 1e20 }
        let high = magnitudes.max() ?? 1
        guard count > 1 else {
            let mean = magnitudes.isEmpty ? 1 : magnitudes.reduce(0, +) / Float(magnitudes.count)
            self = LogarithmicLevels(low: mean, ratio: 1, count: 1) ?? LogarithmicLevels(constant: 1, count: count)
            return
        }
        // A few thousand values say where the levels belong.
        let step = max(1, magnitudes.count / 4096)
        let sample = stride(from: 0, to: magnitudes.count, by: step).map { magnitudes[$0] }
        var best: (error: Double, levels: LogarithmicLevels)?
        for halvings in 1...24 {
            let low = high * powf(0.5, Float(halvings) / 2)
            let ratio = max(1, powf(high / low, 1 / Float(count - 1)))
            guard let levels = LogarithmicLevels(low: low, ratio: ratio, count: count) else { continue }
            let error = sample.reduce(0.0) { sum, value in
                let difference = Double(levels.magnitudes[levels.nearest(to: value)] - value)
                return sum + difference * difference
            }
            if error < best?.error ?? .infinity { best = (error, levels) }
        }
        self = best?.levels ?? LogarithmicLevels(constant: 1, count: count)
    }

    private init(constant: Float, count: Int) {
        (low, ratio, magnitudes) = (constant, 1, Array(repeating: constant, count: count))
    }

    /// The index of the magnitude nearest to |`value`|.
    func nearest(to value: Float) -> Int {
        let magnitude = abs(value)
        var (low, high) = (0, magnitudes.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if magnitudes[middle] <= magnitude { low = middle } else { high = middle }
        }
        return magnitude - magnitudes[low] <= magnitudes[high] - magnitude ? low : high
    }
}
