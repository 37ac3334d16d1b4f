import ArgumentParser
import Lexicons
import TensorFile
import Tokenizers
import Transformer

/// The command `seeconv`.
struct SeeconvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seeconv",
        abstract:
            "Replaces a checkpoint's vocabulary tables with compact factors, and converts between checkpoint formats.",
        discussion: """
            import reads a checkpoint into a workspace, factorize replaces its tables, distil trains what is left of the loss
            away, export writes a checkpoint again, verify compares two of them. Exit codes: 0 done, 1 a gate failed, 2 wrong usage, 3 bad input, 4 system failure,
            130 interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            InspectCommand.self, ConvertCommand.self, ImportCommand.self, FactorizeCommand.self, DistilCommand.self,
            ExportCommand.self, VerifyCommand.self, CompareCommand.self, SweepCommand.self, TokenizeCommand.self,
            LexiconCommand.self,
            RunCommand.self, TranslateCommand.self, EmbedCommand.self, EvalCommand.self, BenchCommand.self,
        ]
    )
}

/// The program's entry: runs a command and turns its end into the exit codes that scripts rely on.
@main
struct Program {
    static func main() {
        Interruption.install()
        do {
            var command = try SeeconvCommand.parseAsRoot()
            try command.run()
        } catch let failure as GateFailure {
            Terminal.fail(failure.description, exitCode: .gateFailed)
        } catch let error as TensorFileError {
            Terminal.fail("seeconv: \(error)", exitCode: error.kind == .system ? .systemFailure : .badInput)
        } catch let error as TokenizerError {
            Terminal.fail("seeconv: \(error)", exitCode: .badInput)
        } catch let error as TransformerError {
            Terminal.fail("seeconv: \(error)", exitCode: .badInput)
        } catch let error as LexiconError {
            Terminal.fail("seeconv: \(error)", exitCode: .badInput)
        } catch {
            let code = SeeconvCommand.exitCode(for: error)
            if code.isSuccess { SeeconvCommand.exit(withError: error) }
            Terminal.fail(SeeconvCommand.fullMessage(for: error), exitCode: .wrongUsage)
        }
    }
}
