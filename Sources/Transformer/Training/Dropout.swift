import Kernels
import LinearAlgebra

/// Dropout (Srivastava et al. 2014): of numbers on their way through a model, a share is set to 0 at random and the others
/// are scaled up, so that sums stay as they were in the mean.
///
/// Draws are hashes of a seed, the place in the model and the place in the batch. Nothing is kept for the backward pass,
/// which draws again, and nothing depends on threads.
public struct Dropout: Sendable, Hashable {
    /// Of what a part of a layer adds, and of embeddings: 0 ..< 1.
    public var hidden: Float
    /// Of attention's shares: 0 ..< 1.
    public var attention: Float
    /// Of the inner vectors of feed-forward parts: 0 ..< 1.
    public var activation: Float
    /// Says the draws; every pass of a training needs its own.
    public var seed: UInt64

    /// These rates.
    public init(hidden: Float = 0, attention: Float = 0, activation: Float = 0, seed: UInt64 = 0) {
        for rate in [hidden, attention, activation] { precondition(rate >= 0 && rate < 1, "a rate outside 0 ..< 1") }
        (self.hidden, self.attention, self.activation, self.seed) = (hidden, attention, activation, seed)
    }

    /// Nothing is dropped.
    public static let none = Dropout()

    /// The draws of one place in the model.
    func draws(_ rate: Float, site: Int) -> DropoutDraws {
        var random = SplitMix64(seed: seed, stream: site)
        return DropoutDraws(rate: rate, key: random.next())
    }
}

/// The draws of one place in a model, for the numbers of a batch in order.
struct DropoutDraws: Sendable {
    private let key: UInt64
    private let threshold: UInt32
    private let scale: Float

    /// Draws at `rate`.
    init(rate: Float, key: UInt64) {
        self.key = key
        threshold = UInt32(Double(rate) * 0x1p32)
        scale = 1 / (1 - rate)
    }

    /// Whether anything is dropped.
    var isActive: Bool { threshold != 0 }

    /// The draws from number `first` on; numbers beyond 2³² begin again.
    func kernel(from first: Int) -> see_dropout_draw {
        see_dropout_draw(
            key: key,
            first: UInt32(truncatingIfNeeded: first),
            threshold: threshold,
            scale: scale
        )
    }

    /// x = dropout(x), for a matrix whose rows follow each other in the numbering.
    func apply(_ x: MutableMatrixView<Float>) {
        guard isActive else { return }
        Parallel.forEachChunk(of: x.rows, size: max(1, (1 << 15) / max(1, x.columns))) { rows in
            for row in rows {
                see_add_bias(x.base + row * x.rowStride, nil, kernel(from: row * x.columns), x.columns)
            }
        }
    }
}
