#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The learning rate of each step: a linear rise to the peak, then a curve down.
public struct LearningRateSchedule: Sendable, Hashable {
    /// What follows the rise.
    public enum Decay: String, Sendable, CaseIterable {
        /// The peak until the end.
        case constant
        /// Down a straight line to the last rate.
        case linear
        /// Down half a cosine to the last rate (Loshchilov, Hutter 2017).
        case cosine
        /// The peak times √(warm-up / step) (Vaswani et al. 2017); without a warm-up, √(1 / step).
        case inverseSquareRoot = "inverse-sqrt"
    }

    /// The highest rate.
    public var peak: Double
    /// Steps until it is reached.
    public var warmUp: Int
    /// All steps, the warm-up included: where linear and cosine curves end.
    public var steps: Int
    /// The curve.
    public var decay: Decay
    /// What linear and cosine curves end at, as a share of the peak.
    public var lastShare: Double

    /// A schedule of `steps` steps.
    ///
    /// - Precondition: the peak is not negative, and the last share is in 0 … 1.
    public init(peak: Double, warmUp: Int = 0, steps: Int, decay: Decay = .cosine, lastShare: Double = 0) {
        precondition(peak >= 0 && warmUp >= 0 && steps >= 0 && (0...1).contains(lastShare), "no schedule")
        (self.peak, self.warmUp, self.steps, self.decay) = (peak, warmUp, steps, decay)
        self.lastShare = lastShare
    }

    /// The rate of step `step`, the first one being 1. Steps beyond the last have its rate, but for the inverse square root,
    /// which goes on.
    public func rate(atStep step: Int) -> Double {
        let step = max(1, step)
        if step <= warmUp { return peak * Double(step) / Double(warmUp) }
        // 0 at the peak, 1 at the last step.
        let way = min(1, Double(step - warmUp) / Double(max(1, steps - warmUp)))
        switch decay {
        case .constant: return peak
        case .linear: return peak * (1 - way * (1 - lastShare))
        case .cosine: return peak * (lastShare + (1 - lastShare) * (1 + cos(.pi * way)) / 2)
        case .inverseSquareRoot: return peak * (Double(max(1, warmUp)) / Double(step)).squareRoot()
        }
    }
}
