import Foundation

/// How the program ends.
enum ProgramExit: Int32 {
    case gateFailed = 1
    case wrongUsage = 2
    case badInput = 3
    case systemFailure = 4
    case interrupted = 130
}

/// One or more gates that did not hold, each with its figure and bound.
struct GateFailure: Error, CustomStringConvertible {
    let description: String
}

/// Where words go: results to standard output, everything else to standard error.
enum Terminal {
    /// Whether standard error is a terminal, so that a line may be drawn over.
    static let isInteractive = isatty(STDERR_FILENO) == 1

    /// Prints one line of remarks.
    static func note(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Prints why the program ends, and ends it.
    static func fail(_ message: String, exitCode: ProgramExit) -> Never {
        note(message)
        exit(exitCode.rawValue)
    }
}
