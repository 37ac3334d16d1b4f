import ArgumentParser

/// The command `seeconv`.
@main
struct SeeconvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seeconv",
        abstract:
            "Replaces a checkpoint's vocabulary tables with compact factors, and converts between checkpoint formats.",
        subcommands: [TokenizeCommand.self]
    )
}
