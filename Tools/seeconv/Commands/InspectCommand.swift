import ArgumentParser
import Checkpoints
import JSONText
import TensorFile

/// `seeconv inspect PATH`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what a checkpoint holds, from its headers alone; lists what is odd about it."
    )

    @Argument(help: "A model directory or a file of any known format.")
    var path: String

    @Flag(help: "Print everything as JSON.")
    var json = false

    @Option(help: "Only this tensor.")
    var tensor: String?

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let checkpoint = try Checkpoint(opening: path, strictness: reading.strictness)
        var tensors = checkpoint.source.tensors
        if let tensor {
            guard let found = checkpoint.source.tensor(named: tensor) else {
                throw TensorFileError(
                    .missing,
                    file: path,
                    place: "tensor \"\(tensor)\"",
                    cause: "it is not there",
                    remedy: "see the names: seeconv inspect \(path)"
                )
            }
            tensors = [found]
        }
        print(json ? report(of: checkpoint, tensors).text(.indented) : summary(of: checkpoint, tensors))
    }

    private func report(of checkpoint: Checkpoint, _ tensors: [TensorDescriptor]) -> JSONValue {
        [
            "path": .string(path),
            "format": .string(checkpoint.source.format.rawValue),
            "modelType": checkpoint.configuration.modelType.map { .string($0) } ?? .null,
            "parameters": .integer(checkpoint.source.tensors.reduce(0) { $0 + $1.elementCount }),
            "bytes": .integer(checkpoint.source.tensors.reduce(0) { $0 + $1.byteCount }),
            "problems": .array(checkpoint.source.warnings.map { .string($0) }),
            "tensors": .array(
                tensors.map { tensor in
                    [
                        "name": .string(tensor.name), "type": .string(tensor.type.name),
                        "shape": .array(tensor.shape.map { .integer($0) }), "bytes": .integer(tensor.byteCount),
                    ]
                }
            ),
        ]
    }

    private func summary(of checkpoint: Checkpoint, _ tensors: [TensorDescriptor]) -> String {
        var table = TextTable([("tensor", .left), ("type", .left), ("shape", .right), ("bytes", .right)])
        for tensor in tensors {
            table.add([
                tensor.name.escapingControls, tensor.type.name, tensor.shape.map(Format.count).joined(separator: " × "),
                Format.bytes(tensor.byteCount),
            ])
        }
        let all = checkpoint.source.tensors
        let types = Dictionary(grouping: all, by: \.type).map {
            ($0.key.name, $0.value.reduce(0) { $0 + $1.byteCount })
        }
        .sorted { $0.1 > $1.1 }.map { "\($0.0) \(Format.bytes($0.1))" }.joined(separator: ", ")
        let problems = checkpoint.source.warnings.map { "\nproblem: \($0)" }.joined()
        return """
            \(table.text)

            \(checkpoint.source.format.rawValue), \(checkpoint.configuration.modelType ?? "unknown") model, \
            \(Format.count(all.count)) tensors, \(Format.count(all.reduce(0) { $0 + $1.elementCount })) parameters: \(types)\
            \(problems)
            """
    }
}
