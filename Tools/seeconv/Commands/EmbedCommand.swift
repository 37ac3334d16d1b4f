import ArgumentParser
import Foundation
import JSONText
import LinearAlgebra
import NumPy
import Runtime
import TensorFile
import Transformer

/// `seeconv embed MODEL`
struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Turns sentences into vectors with an encoder of the BERT kind.",
        discussion: """
            Reads sentences from standard input, one a line, and writes a JSON object with the member embedding a line, \
            or, with -o, an .npy file [sentences, width] in F32. Pooling, normalisation and the most tokens of a sentence \
            are those of the model's sentence-transformers files; without them vectors are means over a sentence's tokens.
            """
    )

    @Argument(help: "A model directory, a GGUF file, a workspace, or a factored checkpoint.")
    var model: String

    @Option(name: .shortAndLong, help: "An .npy file to write instead of JSON lines.")
    var output: String?

    @Option(help: "How tokens' vectors become a sentence's, in place of what the model says.")
    var pooling: SentencePooling?

    @Flag(inversion: .prefixedNo, help: "Scale vectors to length 1, in place of what the model says.")
    var normalise: Bool?

    @Option(help: "The tokenizer's file or folder, where the model has none.")
    var tokenizer: String?

    @Flag(help: "Replace an existing output.")
    var force = false

    @OptionGroup var tables: TableOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run {
            var encoder = try SentenceEncoder(opening: model, tables: tables.form)
            if let pooling { encoder.pooling = pooling }
            if let normalise { encoder.normalises = normalise }
            let reader = try SentenceReader(encoder, tokenizer: tokenizer)
            if let output {
                if !force { try OutputFile.requireAbsence(of: output) }
                let lines = UTF8Line.lines(of: Array(try FileHandle.standardInput.readToEnd() ?? Data()))
                let (tokens, cut) = try reader.tokens(of: lines, file: "standard input")
                let vectors = try encoder.vectors(of: tokens)
                let tensor = try TensorDescriptor(
                    name: "embedding",
                    type: .float32,
                    shape: [vectors.rows, vectors.columns]
                )
                let writer = try NumPyArrayWriter(output, tensor: tensor, replacing: force)
                try vectors.elements.withUnsafeBytes { try writer.append($0) }
                try writer.finish()
                note(cut, encoder)
                return
            }
            var cut = 0
            try StandardInputLines.forEachBlock(of: 1024) { first, lines in
                let (tokens, cutHere) = try reader.tokens(of: lines, file: "standard input", firstLine: first)
                cut += cutHere
                let vectors = try encoder.vectors(of: tokens)
                var text: [UInt8] = []
                for row in 0..<vectors.rows {
                    let numbers = vectors.row(row).map { "\($0)" }.joined(separator: ",")
                    text += "{\"embedding\":[\(numbers)]}\n".utf8
                }
                try FileHandle.standardOutput.write(contentsOf: Data(text))
            }
            note(cut, encoder)
        }
    }

    private func note(_ cut: Int, _ encoder: SentenceEncoder) {
        guard cut > 0 else { return }
        common.note("\(Format.count(cut)) sentences were cut to \(encoder.maximumTokens) tokens")
    }
}

extension SentencePooling: ExpressibleByArgument {}
