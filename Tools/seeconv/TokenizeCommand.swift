import ArgumentParser
import Checkpoints
import Foundation
import JSONText
import Tokenizers

/// `seeconv tokenize`: text to ids, ids to text, line by line.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turns lines of text into token ids, or ids back into text.",
        discussion: """
            Reads standard input and writes one line for each: the ids separated by blanks. Text that is not UTF-8 is \
            repaired with U+FFFD.
            """
    )

    @Argument(help: "A model folder, tokenizer.json, .model, .spm, vocab.json, vocab.txt or .gguf file.")
    var vocabulary: String

    @Flag(help: "Texts are JSON strings, one a line, so that they may hold line ends.")
    var jsonl = false

    @Flag(help: "Reads ids and writes texts.")
    var decode = false

    @Flag(
        help: """
            Adds the special tokens that the model expects and reads those spelt in the text; with --decode, keeps them.
            """
    )
    var special = false

    func run() throws {
        let tokenizer = try TokenizerLoading.tokenizer(at: vocabulary)
        var lines = InputLines()
        var output: [UInt8] = []
        var number = 0
        while let line = try lines.next() {
            number += 1
            if decode {
                let text = tokenizer.decode(try ids(line, number), keepsSpecialTokens: special)
                output += (jsonl ? JSONValue.quoted(text) : text).utf8
            } else {
                append(tokenizer.encode(utf8: try text(line, number), options), to: &output)
            }
            output.append(UInt8(ascii: "\n"))
            if output.count >= 1 << 20 {
                try FileHandle.standardOutput.write(contentsOf: output)
                output.removeAll(keepingCapacity: true)
            }
        }
        try FileHandle.standardOutput.write(contentsOf: output)
    }

    private var options: EncodingOptions {
        EncodingOptions(addsSpecialTokens: special, readsControlTokens: special ? true : nil)
    }

    private func text(_ line: [UInt8], _ number: Int) throws -> [UInt8] {
        guard jsonl else { return line }
        guard let text = try? JSONValue(parsing: line).string else {
            throw TokenizerError(
                file: "standard input",
                place: "line \(number)",
                cause: "not a JSON string",
                remedy: "write each text as a JSON string on a line of its own, or leave --jsonl out"
            )
        }
        return Array(text.utf8)
    }

    private func ids(_ line: [UInt8], _ number: Int) throws -> [Int] {
        try line.split(separator: UInt8(ascii: " ")).map { word in
            guard let id = Int(String(decoding: word, as: UTF8.self)) else {
                throw TokenizerError(
                    file: "standard input",
                    place: "line \(number)",
                    cause: "\"\(String(decoding: word, as: UTF8.self))\" is not a token id",
                    remedy: "write whole numbers separated by blanks"
                )
            }
            return id
        }
    }

    private func append(_ ids: [Int], to output: inout [UInt8]) {
        for (index, id) in ids.enumerated() {
            if index > 0 { output.append(UInt8(ascii: " ")) }
            let start = output.count
            var rest = id
            repeat {
                output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
                rest /= 10
            } while rest > 0
            output[start...].reverse()
        }
    }
}

/// The lines of standard input as bytes, without their line feeds.
private struct InputLines {
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    /// The next line; nil at the end. A last line without a line feed counts.
    mutating func next() throws -> [UInt8]? {
        var scanned = start
        while true {
            if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Array(buffer[start...])
            }
            scanned = buffer.count - start
            buffer.removeFirst(start)
            start = 0
            let chunk = try FileHandle.standardInput.read(upToCount: 1 << 20) ?? Data()
            isAtEnd = chunk.isEmpty
            buffer += chunk
        }
    }
}
