import ArgumentParser
import Checkpoints
import JSONText
import TensorFile

/// `seeconv inspect PATH`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what a checkpoint holds, from its headers alone; lists what is odd about it.",
        discussion: """
            --tensor reads one tensor's values and shows statistics and a histogram. Chat templates are programs: they are \
            counted and flagged, printed where --chat-template asks for it, and never run. seeconv verify --structure looks \
            at every byte.
            """
    )

    @Argument(help: "A model directory or a file of any known format.")
    var path: String

    @Flag(help: "Print everything as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Statistics and a histogram of this tensor's values.", valueName: "name"))
    var tensor: String?

    @Flag(help: "List every tensor instead of one line for those of all layers.")
    var all = false

    @Flag(name: .customLong("chat-template"), help: "Print the chat templates; control characters are escaped.")
    var chatTemplate = false

    @OptionGroup var numpy: NumPyTypeOptions
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run {
            let checkpoint = try Checkpoint(opening: path, strictness: reading.strictness, hints: numpy.hints)
            if let tensor {
                let inspection = try TensorInspection(of: tensor, in: checkpoint)
                print(json ? inspection.json.text(.indented) : inspection.text)
            } else if chatTemplate {
                for template in try checkpoint.chatTemplates() { print(template.escapedSource) }
            } else {
                let inspection = try CheckpointInspection(of: checkpoint)
                print(json ? inspection.json.text(.indented) : inspection.screen(listsAll: all))
            }
        }
    }
}
