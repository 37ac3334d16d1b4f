import ArgumentParser
import Checkpoints
import Entanglement
import LinearAlgebra
import NumPy
import Runtime
import TensorFile
import Verification

/// Options that every working command has.
struct CommonOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "No progress and no remarks; results and errors only.")
    var quiet = false

    @Option(help: "Threads to use (default: all cores). Results do not depend on it.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
    }

    /// Runs `body` with the number of threads asked for.
    func run<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Parallel.$workers.withValue(threads ?? Parallel.workers) { try body() }
    }

    /// Prints a remark unless the user wants none.
    func note(_ line: String) {
        if !quiet { Terminal.note(line) }
    }
}

/// How a checkpoint that breaks its format's rules is met.
struct ReadingOptions: ParsableArguments {
    @Flag(help: "Read files that break their format's rules without harm, with a warning for each breach.")
    var lenient = false

    var strictness: Strictness { lenient ? .lenient : .strict }
}

/// What NumPy's nameless types stand for.
struct NumPyTypeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What NumPy's V2 arrays hold, which do not say it: bf16 or f16.", valueName: "type"))
    var void2: ElementType?

    @Option(help: ArgumentHelp("What NumPy's V1 arrays hold, such as f8_e4m3.", valueName: "type"))
    var void1: ElementType?

    var hints: NumPyHints { NumPyHints(void2: void2, void1: void1) }
}

extension ElementType: ExpressibleByArgument {
    /// The type that the argument names.
    public init?(argument: String) { self.init(named: argument) }
    /// What can be written, for the help.
    public static var allValueStrings: [String] { allCases.filter(\.isEncodable).map { $0.name.lowercased() } }
}

extension ContainerFormat: ExpressibleByArgument {}
extension TableForm: ExpressibleByArgument {}

/// How commands that run models take factored tables.
struct TableOptions: ParsableArguments {
    @Option(
        name: .customLong("tables"),
        help: "Factored tables: automatic (the faster way, measured), factored, or dense (rebuilt)."
    )
    var form = TableForm.automatic
}

extension VerificationGates.RatioKind: ExpressibleByArgument {}

extension FactorType: ExpressibleByArgument {
    /// The type that the argument names.
    public init?(argument: String) {
        guard let type = FactorType.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() }) else {
            return nil
        }
        self = type
    }
}

/// A number of bytes as users write it: 5GB, 500MB, 2GiB or plain.
struct ByteSize: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let units: [(String, Int)] = [
            ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("kb", 1000), ("mb", 1_000_000),
            ("gb", 1_000_000_000),
            ("k", 1000), ("m", 1_000_000), ("g", 1_000_000_000), ("b", 1), ("", 1),
        ]
        let text = argument.lowercased()
        guard let (suffix, factor) = units.first(where: { text.hasSuffix($0.0) }),
            let number = Double(text.dropLast(suffix.count)), number * Double(factor) >= 1,
            let bytes = Int(exactly: (number * Double(factor)).rounded())
        else { return nil }
        self.bytes = bytes
    }
}
