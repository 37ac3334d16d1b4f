import LinearAlgebra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Keys and values of the tokens that a decoder has seen, of every layer, in F32.
///
/// It belongs to one sequence and one thread at a time.
public final class KeyValueCache {
    /// Tokens that fit.
    public let capacity: Int
    /// Heads of a layer.
    public let heads: Int
    /// Numbers of a head.
    public let headWidth: Int
    /// Tokens in the cache.
    public private(set) var count = 0
    private let layers: Int
    private let memory: UnsafeMutablePointer<Float>

    /// An empty cache; memory is taken as tokens come.
    ///
    /// - Throws: kind `contextOverflow` where the system has no room for `capacity` tokens.
    public init(layers: Int, heads: Int, headWidth: Int, capacity: Int) throws(TransformerError) {
        self.layers = layers
        self.heads = heads
        self.headWidth = headWidth
        self.capacity = capacity
        var bytes = 2 * MemoryLayout<Float>.stride
        var isTooLarge = false
        for length in [layers, heads, headWidth, max(1, capacity)] {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
            (bytes, isTooLarge) = (product, isTooLarge || overflow)
        }
        // The system hands out pages when they are first written.
        guard !isTooLarge, let address = malloc(bytes) else {
            throw TransformerError(
                .contextOverflow,
                place: "cache",
                cause: "no memory for keys and values of \(capacity) tokens",
                remedy: "ask for a shorter context"
            )
        }
        memory = address.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
    }

    deinit { free(memory) }

    /// Bytes that the cache takes when it is full.
    public var byteCount: Int { 2 * layers * heads * headWidth * capacity * MemoryLayout<Float>.stride }

    private func base(_ layer: Int, _ head: Int, isValue: Bool) -> UnsafeMutablePointer<Float> {
        precondition(layer < layers && head < heads, "no such head")
        return memory + (((layer * 2 + (isValue ? 1 : 0)) * heads + head) * capacity) * headWidth
    }

    /// The first `length` keys of a head, `[length, headWidth]`.
    public func keys(layer: Int, head: Int, length: Int) -> MatrixView<Float> {
        precondition(length <= capacity, "more tokens than fit")
        return MatrixView(base(layer, head, isValue: false), rows: length, columns: headWidth)
    }

    /// The first `length` values of a head, `[length, headWidth]`.
    public func values(layer: Int, head: Int, length: Int) -> MatrixView<Float> {
        precondition(length <= capacity, "more tokens than fit")
        return MatrixView(base(layer, head, isValue: true), rows: length, columns: headWidth)
    }

    /// Writes keys and values `[T, heads * headWidth]` behind the tokens in the cache, without counting them yet.
    public func store(keys: MatrixView<Float>, values: MatrixView<Float>, layer: Int) {
        precondition(keys.rows == values.rows && count + keys.rows <= capacity, "more tokens than fit")
        precondition(keys.columns == heads * headWidth && values.columns == keys.columns, "shapes do not fit")
        for head in 0..<heads {
            let (keyTarget, valueTarget) = (
                base(layer, head, isValue: false) + count * headWidth,
                base(layer, head, isValue: true) + count * headWidth
            )
            for row in 0..<keys.rows {
                let offset = row * headWidth
                (keyTarget + offset).update(from: keys.base + row * keys.rowStride + head * headWidth, count: headWidth)
                (valueTarget + offset)
                    .update(from: values.base + row * values.rowStride + head * headWidth, count: headWidth)
            }
        }
    }

    /// Counts `tokens` more: their keys and values are there in all layers.
    public func advance(by tokens: Int) {
        precondition(tokens >= 0 && count + tokens <= capacity, "more tokens than fit")
        count += tokens
    }

    /// Forgets the tokens from `count` on.
    public func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "no such place")
        self.count = count
    }
}
