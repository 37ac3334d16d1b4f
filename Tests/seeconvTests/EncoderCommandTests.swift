import Foundation
import TestSupport
import Testing

/// `embed`, `translate` and `eval` of encoders and translators as a user runs them.
@Suite struct EncoderCommandTests {
    private func run(
        _ arguments: String...,
        input: String? = nil,
        in folder: URL
    ) throws -> (code: Int32, output: String, errors: String) {
        try SeeconvProgram.run(arguments, input: input, in: folder)
    }

    private func makeModel(_ name: String, words: Int, in folder: URL) throws {
        try WordModel.copy("Encoders/\(name)", words: words, to: folder.appending(path: "m"))
    }

    @Test func embedsSentences() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel("bert-golden", words: 61, in: folder)
            let sentences = "w1 w2 w3\nw4\nw1 w2 w3\n"
            let lines = try run("embed", "m", input: sentences, in: folder)
            #expect(lines.code == 0, "\(lines.errors)")
            let rows = lines.output.split(separator: "\n")
            #expect(rows.count == 3 && rows[0] == rows[2] && rows[0] != rows[1])
            #expect(rows[0].hasPrefix("{\"embedding\":[") && rows[0].split(separator: ",").count == 24)
            #expect(try run("embed", "m", "--threads", "1", input: sentences, in: folder).output == lines.output)
            let file = try run("embed", "m", "-o", "e.npy", "--normalise", input: sentences, in: folder)
            #expect(file.code == 0, "\(file.errors)")
            #expect(try run("inspect", "e.npy", in: folder).output.contains("72"))
            #expect(try run("embed", "m", "-o", "e.npy", input: sentences, in: folder).code == 3)
            let long = try run("embed", "m", input: String(repeating: "w1 ", count: 40), in: folder)
            #expect(long.code == 0 && long.errors.contains("cut to 16 tokens"))
            let empty = try run("embed", "m", input: "w1\n\n", in: folder)
            #expect(empty.code == 3 && empty.errors.contains("text 1"), "\(empty.errors)")
            let similar = try run("eval", "m", "--similarity", "s.txt", "--teacher", "m", "--json", in: folder)
            #expect(similar.code == 4 || similar.code == 3)
            try Data((0..<20).map { "w\($0) w\($0 * 7 % 61)\n" }.joined().utf8).write(
                to: folder.appending(path: "s.txt")
            )
            let same = try run("eval", "m", "--similarity", "s.txt", "--teacher", "m", "--json", in: folder)
            #expect(same.code == 0 && same.output.contains("\"neighboursKept\": 1"), "\(same.errors)")
            #expect(try run("eval", "m", "--similarity", "s.txt", in: folder).code == 2)
            let kinds = try run(
                "eval",
                "m",
                "--logits",
                "m/ids.npy",
                "--mask",
                "m/mask.npy",
                "--token-types",
                "m/types.npy",
                "-o",
                "o.npz",
                in: folder
            )
            #expect(kinds.code == 0 && kinds.output.contains("3 hidden states of 14 tokens"), "\(kinds.errors)")
            #expect(try run("translate", "m", input: "w1\n", in: folder).code == 3)
        }
    }

    @Test func translatesLines() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel("marian-golden", words: 53, in: folder)
            let source = "w5 w6 w7\n\nw9\n"
            let greedy = try run("translate", "m", input: source, in: folder)
            #expect(greedy.code == 0, "\(greedy.errors)")
            let lines = greedy.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 4 && lines[1].isEmpty && lines[0].hasPrefix("w"), "\(greedy.output)")
            let beams = try run("translate", "m", "--beam", "4", "--batch", "1", input: source, in: folder)
            #expect(try run("translate", "m", "--beam", "4", input: source, in: folder).output == beams.output)
            let short = try run("translate", "m", "--max-tokens", "2", input: source, in: folder)
            #expect(short.output.split(separator: "\n").allSatisfy { $0.split(separator: " ").count <= 2 })
            let long = try run("translate", "m", input: "w1\n" + String(repeating: "w1 ", count: 40), in: folder)
            #expect(long.code == 3 && long.errors.contains("line 2") && long.errors.contains("40 tokens"))
            #expect(try run("translate", "m", "--beam", "0", input: source, in: folder).code == 2)

            try Data(source.utf8).write(to: folder.appending(path: "s.txt"))
            try Data(greedy.output.utf8).write(to: folder.appending(path: "r.txt"))
            let perfect = try run("eval", "m", "--bleu", "s.txt", "r.txt", "--json", in: folder)
            #expect(perfect.code == 0 && perfect.output.contains("\"sentences\": 3"), "\(perfect.errors)")
            #expect(perfect.output.contains("\"brevityPenalty\": 1"))
            try Data("a\n".utf8).write(to: folder.appending(path: "r.txt"))
            #expect(try run("eval", "m", "--bleu", "s.txt", "r.txt", in: folder).code == 3)
            #expect(try run("eval", "m", "--bleu", "s.txt", in: folder).code == 2)
            let scores = try run(
                "eval",
                "m",
                "--logits",
                "m/ids.npy",
                "--mask",
                "m/mask.npy",
                "--decoder-ids",
                "m/target.npy",
                "-o",
                "o.npz",
                in: folder
            )
            #expect(scores.code == 0 && scores.output.contains("3 hidden states"), "\(scores.errors)")
            #expect(try run("eval", "m", "--logits", "m/ids.npy", "-o", "p.npz", in: folder).code == 2)
        }
    }

    /// Factors take the place of the table, and a dense export runs too.
    @Test(arguments: ["bert-golden", "marian-golden"]) func factoredModelsRun(name: String) throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(name, words: name == "bert-golden" ? 61 : 53, in: folder)
            #expect(try run("import", "m", "-o", "w", in: folder).code == 0)
            let factorized = try run("factorize", "w", "--ratio", "2", "--weights", "uniform", in: folder)
            #expect(factorized.code == 0, "\(factorized.errors)")
            #expect(try run("export", "w", "-o", "dense", "--dense", in: folder).code == 0)
            #expect(try run("export", "w", "-o", "factored", "--factored", in: folder).code == 0)
            let command = name == "bert-golden" ? "embed" : "translate"
            let outputs = try ["w", "dense", "factored"].map { model in
                let result = try run(command, model, input: "w5 w6 w7\nw9\n", in: folder)
                #expect(result.code == 0, "\(model): \(result.errors)")
                return result.output
            }
            #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2] && !outputs[0].isEmpty)
        }
    }
}
