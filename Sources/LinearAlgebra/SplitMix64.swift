#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The SplitMix64 generator (Steele, Lea, Flood 2014) with draws whose algorithms are fixed here.
///
/// The standard library does not promise how it maps bits to numbers or shuffles; these methods do, so that a seed gives
/// the same result with every compiler.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The reference sequence of `seed`.
    public init(seed: UInt64) {
        state = seed
    }

    /// Sequence number `stream` of `seed`: independent ones for the rows or chunks of one computation, so that the
    /// draws of a chunk do not depend on which others came before.
    public init(seed: UInt64, stream: Int) {
        state = Self.mixed(Self.mixed(seed &+ Self.increment) &+ UInt64(bitPattern: Int64(stream)))
    }

    /// 64 uniform bits.
    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mixed(state)
    }

    /// Uniform in [0, 1): a multiple of 2⁻²⁴.
    public mutating func uniform() -> Float {
        Float(next() >> 40) * 0x1p-24
    }

    /// Standard normal, by Box and Muller's transform in Double from two draws.
    public mutating func normal() -> Float {
        let radius = (-2 * log(Double((next() >> 11) + 1) * 0x1p-53)).squareRoot()
        let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
        return Float(radius * cos(angle))
    }

    /// Uniform in 0..<`bound`, without bias (Lemire 2019). `bound` is at least 1.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "nothing lies below \(bound)")
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let rejected = (0 &- bound) % bound
            while product.low < rejected { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// Puts `elements` into a uniformly random order (Fisher and Yates, from the end).
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, below(last + 1))
        }
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
