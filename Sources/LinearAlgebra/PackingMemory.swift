import Synchronization

/// Memory for packed operands and passing results, kept from product to product: to ask the system for it each time would cost a
/// middle-sized product more than a third of its speed, in page faults.
public enum PackingMemory {
    private static let idle = Mutex<[SharedBytes]>([])

    /// Calls `body` with room for `count` elements, aligned for every kernel. As many pieces are kept as products ever
    /// ran at once, each of a few MiB at most.
    public static func with<Scalar>(count: Int, of type: Scalar.Type, _ body: (UnsafeMutablePointer<Scalar>) -> Void) {
        let size = count * MemoryLayout<Scalar>.stride
        var piece = idle.withLock { $0.popLast() } ?? SharedBytes(count: size)
        if piece.count < size {
            piece.base.deallocate()
            piece = SharedBytes(count: size)
        }
        body(piece.base.bindMemory(to: Scalar.self, capacity: count))
        idle.withLock { [piece] in $0.append(piece) }
    }
}
