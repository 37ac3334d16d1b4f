import Dispatch
import Foundation
import TensorFile

/// Makes an interrupted or terminated command remove the outputs that it has not finished.
enum Interruption {
    private static let queue = DispatchQueue(label: "interruption")
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

    /// Watches for SIGINT and SIGTERM; called once, before any work starts.
    static func install() {
        for number in [SIGINT, SIGTERM] {
            // The default action would end the process before anything could be removed.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                PendingOutput.removeAll()
                Terminal.note("\nseeconv: interrupted; nothing half-written is left")
                _exit(ProgramExit.interrupted.rawValue)
            }
            source.resume()
            sources.append(source)
        }
    }
}
