import Foundation

/// Progress of one long step: a bar with rate and time left on a terminal, a plain line now and then elsewhere.
final class ProgressBar {
    private let label: String
    private let total: Double
    private let describe: (Double, Double) -> String
    private let isQuiet: Bool
    private let start = ContinuousClock.now
    private var lastDrawn: ContinuousClock.Instant?
    private var width = 0

    /// A bar for `total` units; `describe` words (units done, units a second).
    init(_ label: String, total: Double, isQuiet: Bool, describe: @escaping (_ done: Double, _ rate: Double) -> String)
    {
        self.label = label
        self.total = max(total, .leastNormalMagnitude)
        self.isQuiet = isQuiet
        self.describe = describe
    }

    /// A bar for bytes.
    static func bytes(_ label: String, total: Int, isQuiet: Bool) -> ProgressBar {
        ProgressBar(label, total: Double(total), isQuiet: isQuiet) { done, rate in
            "\(Format.bytes(Int(done))), \(Format.bytes(Int(rate)))/s"
        }
    }

    /// Shows that `done` units are done; draws ten times a second at most, without a terminal every ten seconds.
    func update(_ done: Double, remark: String = "") {
        guard !isQuiet else { return }
        let now = ContinuousClock.now
        let pause: Duration = Terminal.isInteractive ? .milliseconds(100) : .seconds(10)
        guard now - (lastDrawn ?? (Terminal.isInteractive ? start - pause : start)) >= pause else { return }
        lastDrawn = now
        draw(done, at: now, remark: remark)
    }

    /// Clears the bar.
    func finish() {
        guard !isQuiet, Terminal.isInteractive, lastDrawn != nil else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }

    private func draw(_ done: Double, at now: ContinuousClock.Instant, remark: String) {
        let seconds = (now - start) / .seconds(1)
        let share = min(1, done / total)
        let rate = seconds > 0 ? done / seconds : 0
        let left = rate > 0 ? Format.duration((total - done) / rate) : "?"
        let words = [describe(done, rate), remark, "\(left) left"].filter { !$0.isEmpty }.joined(separator: ", ")
        if Terminal.isInteractive {
            let filled = Int(share * 24)
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
            let line = "\r\u{1B}[K\(label) \(bar) \(Int(share * 100)) % \(words)"
            FileHandle.standardError.write(Data(line.utf8))
        } else {
            Terminal.note("\(label): \(Int(share * 100)) %, \(words)")
        }
    }
}
