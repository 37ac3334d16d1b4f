import ArgumentParser
import JSONText
import Runtime
import Transformer

/// `seeconv bench MODEL`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures how fast a language model reads and writes on this machine, and what memory it takes.",
        discussion: "Medians over the repetitions. Nothing else should run meanwhile."
    )

    @Argument(help: "A model directory, a GGUF file, a workspace, or a .bin file of llama2.c.")
    var model: String

    @Option(name: [.customLong("prompt-tokens")], help: "Tokens of the prompt.")
    var promptTokens = 256

    @Option(name: [.customShort("n"), .customLong("tokens")], help: "Tokens generated after it.")
    var generatedTokens = 64

    @Option(help: "Runs.")
    var repetitions = 5

    @Flag(help: "Measure only the output tables: one vector by the factors, and by dense matrices of several types.")
    var heads = false

    @Flag(help: "The result as JSON.")
    var json = false

    @OptionGroup var tables: TableOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard promptTokens >= 1, generatedTokens >= 1, repetitions >= 1 else {
            throw ValidationError("--prompt-tokens, --tokens and --repetitions must be at least 1.")
        }
    }

    func run() throws {
        try common.run {
            if heads { return try measureHeads() }
            let model = try LanguageModel(opening: model, tables: tables.form)
            var measurement = SpeedMeasurement()
            measurement.promptTokens = promptTokens
            measurement.generatedTokens = generatedTokens
            measurement.repetitions = repetitions
            let result = try measurement.measure(model.decoder)
            let moved = Double(result.bytesPerToken) * result.generationRate
            if json {
                let object: JSONValue = [
                    "promptTokens": .integer(promptTokens), "generatedTokens": .integer(generatedTokens),
                    "promptRate": .number(result.promptRate), "generationRate": .number(result.generationRate),
                    "bytesPerToken": .integer(result.bytesPerToken), "bytesPerSecond": .number(moved),
                    "cacheBytes": .integer(result.cacheBytes),
                    "peakMemory": result.peakMemory.map { .integer($0) } ?? .null,
                ]
                print(object.text(.indented))
                return
            }
            print("prompt:     \(Format.decimal(result.promptRate, places: 1)) tokens/s (\(promptTokens) tokens)")
            print(
                "generation: \(Format.decimal(result.generationRate, places: 1)) tokens/s (\(generatedTokens) tokens)"
            )
            print("weights:    \(Format.bytes(result.bytesPerToken)) a token, \(Format.bytes(Int(moved)))/s")
            print("cache:      \(Format.bytes(result.cacheBytes))")
            if let peak = result.peakMemory { print("peak memory: \(Format.bytes(peak))") }
        }
    }

    /// Types of dense matrices that a head is compared with.
    private static let denseFormats: [WeightFormat] = [.float32, .q8_0, .q4_K]

    private func measureHeads() throws {
        let tables = try HeadMeasurement.tables(of: model)
        var objects: [JSONValue] = []
        for (name, table) in tables {
            let rows = try HeadMeasurement.compare(table, formats: Self.denseFormats, repetitions: repetitions)
            guard !json else {
                let forms: [JSONValue] = rows.map {
                    ["form": .string($0.form), "bytes": .integer($0.byteCount), "seconds": .number($0.seconds)]
                }
                objects.append([
                    "name": .string(name), "shape": [.integer(table.rowCount), .integer(table.columnCount)],
                    "forms": .array(forms),
                ])
                continue
            }
            print("\(name), \(table.rowCount) × \(table.columnCount), one vector:")
            for row in rows {
                let time = Format.decimal(1000 * row.seconds, places: 3)
                print("  \(row.form): \(time) ms, \(Format.bytes(row.byteCount))")
            }
        }
        if json { print((["heads": .array(objects)] as JSONValue).text(.indented)) }
    }
}
