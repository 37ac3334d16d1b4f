import Synchronization

/// Scratch buffers between calls: a call takes one, as many exist as calls ever ran at once.
final class IdleScratches: Sendable {
    private let scratches = Mutex<[BytePairModel.Scratch]>([])

    /// A scratch that nobody else has.
    func take() -> BytePairModel.Scratch {
        scratches.withLock { $0.popLast() } ?? BytePairModel.Scratch()
    }

    /// Puts a scratch back for the next call.
    func give(_ scratch: BytePairModel.Scratch) { scratches.withLock { $0.append(scratch) } }
}
