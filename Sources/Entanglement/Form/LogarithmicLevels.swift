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

    /// `count` levels that span the magnitudes of `values`, less the lowest hundredth and anything below 1/4096 of the
    /// greatest. One level is the mean magnitude.
    public init(spanning values: [Float], count: Int) {
        let sorted = values.map(abs).filter { $0.isFinite && $0 > 1e-20 && $0 < 1e20 }.sorted()
        let high = sorted.last ?? 1
        var levels: LogarithmicLevels?
        if count > 1 {
            let low = max(sorted.isEmpty ? 1 : sorted[sorted.count / 100], high / 4096)
            levels = LogarithmicLevels(low: low, ratio: max(1, powf(high / low, 1 / Float(count - 1))), count: count)
        } else {
            let mean = sorted.isEmpty ? 1 : sorted.reduce(0, +) / Float(sorted.count)
            levels = LogarithmicLevels(low: mean, ratio: 1, count: 1)
        }
        self = levels ?? LogarithmicLevels(constant: 1, count: count)
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
