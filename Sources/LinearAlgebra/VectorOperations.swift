/// The sum of `a[i] * b[i]` over `count` elements, in Float with many partial sums: fast; its last bits depend on the
/// CPU.
public func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    Float.dot(a, b, count: count)
}

/// The sum of `a[i] * b[i]`, in Float with many partial sums: fast; its last bits depend on the CPU.
public func dot(_ a: Span<Float>, _ b: Span<Float>) -> Float {
    precondition(a.count == b.count, "vectors of different lengths")
    return a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
            return Float.dot(first, second, count: a.count)
        }
    }
}

/// `y[i] += alpha * x[i]` for `count` elements.
public func axpy(_ alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, count: Int) {
    Float.axpy(alpha, x, y, count: count)
}

/// `y[i] += alpha * x[i]`
public func axpy(_ alpha: Float, _ x: Span<Float>, _ y: inout MutableSpan<Float>) {
    precondition(x.count == y.count, "vectors of different lengths")
    x.withUnsafeBufferPointer { x in
        y.withUnsafeMutableBufferPointer { y in
            guard let source = x.baseAddress, let target = y.baseAddress else { return }
            Float.axpy(alpha, source, target, count: x.count)
        }
    }
}

/// The sum of `x[i]²` in Double, by a fixed order of operations: the same bits on every machine.
public func sumOfSquares(_ x: Span<Float>) -> Double {
    preciseSum(count: x.count) { first in
        let part = SIMD8<Double>(SIMD8<Float>(x, at: first))
        return part * part
    } single: { i in
        Double(x[i]) * Double(x[i])
    }
}

/// The sum of `(x[i] - y[i])²` in Double, by a fixed order of operations: the same bits on every machine.
public func squaredDistance(_ x: Span<Float>, _ y: Span<Float>) -> Double {
    precondition(x.count == y.count, "vectors of different lengths")
    return preciseSum(count: x.count) { first in
        let part = SIMD8<Double>(SIMD8<Float>(x, at: first)) - SIMD8<Double>(SIMD8<Float>(y, at: first))
        return part * part
    } single: { i in
        let difference = Double(x[i]) - Double(y[i])
        return difference * difference
    }
}

/// The sum of `x[i] * y[i]` in Double, by a fixed order of operations: the same bits on every machine.
public func preciseDot(_ x: Span<Float>, _ y: Span<Float>) -> Double {
    precondition(x.count == y.count, "vectors of different lengths")
    return preciseSum(count: x.count) { first in
        SIMD8<Double>(SIMD8<Float>(x, at: first)) * SIMD8<Double>(SIMD8<Float>(y, at: first))
    } single: { i in
        Double(x[i]) * Double(y[i])
    }
}

/// Adds up terms in eight partial sums, then what is left over.
@inline(__always)
private func preciseSum(
    count: Int,
    eight: (Int) -> SIMD8<Double>,
    single: (Int) -> Double
) -> Double {
    var sums = SIMD8<Double>.zero
    var i = 0
    while i + 8 <= count {
        sums += eight(i)
        i += 8
    }
    var total = sums.sum()
    while i < count {
        total += single(i)
        i += 1
    }
    return total
}

extension SIMD8<Float> {
    /// The eight elements from `index` on.
    @inline(__always)
    fileprivate init(_ span: Span<Float>, at index: Int) {
        self = span.bytes.unsafeLoadUnaligned(fromByteOffset: index * MemoryLayout<Float>.stride, as: Self.self)
    }
}
