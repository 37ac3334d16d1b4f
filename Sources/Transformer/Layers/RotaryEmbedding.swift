import LinearAlgebra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Rotary position embedding (Su et al. 2021): pairs of a head's numbers are turned by the position times a frequency,
/// θ^(−2i/n) for pair i of n / 2, adapted to longer contexts in one of several ways.
public struct RotaryEmbedding: Sendable {
    /// Which numbers of a head form a pair.
    public enum Pairing: Sendable {
        /// Number i and number i + n/2: Hugging Face's layout.
        case halves
        /// Numbers 2i and 2i + 1: llama.cpp's layout of LLaMA's weights.
        case neighbours
    }

    /// How frequencies are adapted to contexts longer than the model was first trained on.
    public enum Scaling: Sendable, Hashable {
        /// Not at all.
        case none
        /// All divided by a factor (Chen et al. 2023).
        case linear(factor: Float)
        /// Low ones divided by a factor, high ones kept, between them a smooth passage (LLaMA 3.1).
        case llama3(factor: Float, lowFactor: Float, highFactor: Float, originalContext: Int)
        /// Each divided by its own number: one list up to the original context, another beyond (LongRoPE, Ding et al. 2024).
        case longRoPE(short: [Float], long: [Float], originalContext: Int)
        /// Each divided by its own number, whatever the length.
        case divisors([Float])
    }

    /// How many of a head's numbers are turned, from the first on; even.
    public let width: Int
    /// The pairs.
    public let pairing: Pairing
    /// What sine and cosine are multiplied by, so that attention stays as sharp in long contexts.
    public let attentionFactor: Float
    /// From so many tokens on the long list of frequencies counts; nil where there is one list only.
    public let originalContext: Int?
    private let frequencies: [Float]
    private let longFrequencies: [Float]

    /// The embedding of `width` numbers with the base frequency θ = `base`.
    ///
    /// - Precondition: `width` is even, and lists in `scaling` have a positive number a pair.
    public init(
        width: Int,
        base: Float,
        pairing: Pairing,
        scaling: Scaling = .none,
        attentionFactor: Float = 1
    ) {
        precondition(width % 2 == 0, "pairs of an odd number")
        self.width = width
        self.pairing = pairing
        self.attentionFactor = attentionFactor
        // In Float as the reference implementations do: at far positions their rounding shows.
        let plain = (0..<width / 2).map { 1 / powf(base, Float(2 * $0) / Float(width)) }
        switch scaling {
        case .none: (frequencies, longFrequencies, originalContext) = (plain, plain, nil)
        case .linear(let factor):
            frequencies = plain.map { $0 / factor }
            (longFrequencies, originalContext) = (frequencies, nil)
        case .llama3(let factor, let low, let high, let context):
            frequencies = plain.map {
                Self.blended($0, factor: factor, low: low, high: high, context: Float(context))
            }
            (longFrequencies, originalContext) = (frequencies, nil)
        case .longRoPE(let short, let long, let context):
            precondition(short.count == plain.count && long.count == plain.count, "a number a pair is needed")
            frequencies = zip(short, 0...).map { 1 / ($0 * powf(base, Float(2 * $1) / Float(width))) }
            longFrequencies = zip(long, 0...).map { 1 / ($0 * powf(base, Float(2 * $1) / Float(width))) }
            originalContext = context
        case .divisors(let divisors):
            precondition(divisors.count == plain.count, "a number a pair is needed")
            frequencies = zip(plain, divisors).map { $0 / $1 }
            (longFrequencies, originalContext) = (frequencies, nil)
        }
    }

    private static func blended(_ frequency: Float, factor: Float, low: Float, high: Float, context: Float) -> Float {
        let wavelength = 2 * Float.pi / frequency
        if wavelength < context / high { return frequency }
        if wavelength > context / low { return frequency / factor }
        let smooth = (context / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
    }

    /// Whether a sequence of `length` tokens takes the long list. Keys of one sequence must all have taken the same.
    public func isLong(length: Int) -> Bool { originalContext.map { length > $0 } ?? false }

    /// Sines and cosines of positions.
    public struct Angles: Sendable {
        fileprivate var cosines: [Float]
        fileprivate var sines: [Float]

        /// The angles of the way back: what gradients are turned by.
        var reversed: Angles { Angles(cosines: cosines, sines: sines.map { -$0 }) }
    }

    /// The angles of `positions`, from the long list of frequencies where `isLong`.
    public func angles(_ positions: Range<Int>, isLong: Bool) -> Angles {
        let frequencies = isLong ? longFrequencies : frequencies
        var angles = Angles(cosines: [], sines: [])
        angles.cosines.reserveCapacity(positions.count * frequencies.count)
        angles.sines.reserveCapacity(positions.count * frequencies.count)
        for position in positions {
            for frequency in frequencies {
                let angle = Float(position) * frequency
                angles.cosines.append(cosf(angle) * attentionFactor)
                angles.sines.append(sinf(angle) * attentionFactor)
            }
        }
        return angles
    }

    /// The angles of each token of `batch`; a text takes the long list of frequencies where its length asks for it.
    func angles(_ batch: RaggedBatch) -> Angles {
        let pairs = width / 2
        let lengths = (0..<batch.count).map { batch.range($0).count }
        func table(isLong: Bool) -> Angles? {
            guard let longest = lengths.filter({ self.isLong(length: $0) == isLong }).max() else { return nil }
            return angles(0..<longest, isLong: isLong)
        }
        let tables = [table(isLong: false), table(isLong: true)]
        var all = Angles(cosines: [], sines: [])
        for length in lengths {
            guard let table = tables[isLong(length: length) ? 1 : 0] else { continue }
            all.cosines += table.cosines[..<(length * pairs)]
            all.sines += table.sines[..<(length * pairs)]
        }
        return all
    }

    /// Turns `heads` heads of `headWidth` numbers in each row of x, from column 0 on; row t takes the angles of the
    /// range's t-th position.
    public func forward(_ x: MutableMatrixView<Float>, heads: Int, headWidth: Int, _ angles: Angles) {
        precondition(width <= headWidth && heads * headWidth <= x.columns, "shapes do not fit")
        let pairs = width / 2
        precondition(angles.cosines.count == x.rows * pairs, "angles of other positions")
        guard pairs > 0 else { return }
        angles.cosines.withUnsafeBufferPointer { cosines in
            angles.sines.withUnsafeBufferPointer { sines in
                guard let cosineBase = cosines.baseAddress, let sineBase = sines.baseAddress else { return }
                let cosine = MatrixView(cosineBase, rows: x.rows, columns: pairs)
                let sine = MatrixView(sineBase, rows: x.rows, columns: pairs)
                Parallel.forEachChunk(of: x.rows, size: 16) { rows in
                    for row in rows {
                        let (c, s) = (cosine.base + row * pairs, sine.base + row * pairs)
                        for head in 0..<heads {
                            turn(x.base + row * x.rowStride + head * headWidth, pairs, c, s)
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func turn(
        _ x: UnsafeMutablePointer<Float>,
        _ pairs: Int,
        _ cosines: UnsafePointer<Float>,
        _ sines: UnsafePointer<Float>
    ) {
        switch pairing {
        case .halves:
            for i in 0..<pairs {
                let (a, b) = (x[i], x[i + pairs])
                x[i] = a * cosines[i] - b * sines[i]
                x[i + pairs] = b * cosines[i] + a * sines[i]
            }
        case .neighbours:
            for i in 0..<pairs {
                let (a, b) = (x[2 * i], x[2 * i + 1])
                x[2 * i] = a * cosines[i] - b * sines[i]
                x[2 * i + 1] = b * cosines[i] + a * sines[i]
            }
        }
    }
}
