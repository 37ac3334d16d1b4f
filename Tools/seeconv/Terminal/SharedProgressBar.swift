import Synchronization

/// A progress bar that several threads tell of what they have done.
final class SharedProgressBar: Sendable {
    private struct Drawing: ~Copyable {
        var bar: ProgressBar?
        var total = 0
    }

    private let label: String
    private let isQuiet: Bool
    private let drawing = Mutex<Drawing>(Drawing())

    /// A bar that appears with the first update.
    init(_ label: String, isQuiet: Bool) {
        (self.label, self.isQuiet) = (label, isQuiet)
    }

    /// Shows that `done` of `total` are done; another total begins a new bar.
    func update(_ done: Int, of total: Int) {
        drawing.withLock { drawing in
            if drawing.bar == nil || drawing.total != total {
                drawing.bar?.finish()
                drawing.total = total
                drawing.bar = ProgressBar(label, total: Double(total), isQuiet: isQuiet) { done, _ in
                    "\(Format.count(Int(done))) of \(Format.count(total))"
                }
            }
            drawing.bar?.update(Double(done))
        }
    }

    /// Clears the bar.
    func finish() {
        drawing.withLock { $0.bar?.finish() }
    }
}
