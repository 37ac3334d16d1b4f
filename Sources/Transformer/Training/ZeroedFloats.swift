#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Numbers that are 0 until they are written, for which the system takes memory only then.
final class ZeroedFloats {
    /// The first number, aligned for every kernel.
    let base: UnsafeMutablePointer<Float>
    private let address: UnsafeMutableRawPointer

    /// Room for `count` numbers.
    init(count: Int) {
        let alignment = 64
        guard let address = calloc(count * MemoryLayout<Float>.stride + alignment, 1) else {
            // As an array of this size would.
            fatalError("no memory for \(count) numbers")
        }
        self.address = address
        base = address.alignedUp(toMultipleOf: alignment).bindMemory(to: Float.self, capacity: count)
    }

    deinit { free(address) }
}
