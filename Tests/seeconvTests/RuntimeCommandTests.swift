import Foundation
import TestSupport
import Testing

/// `run`, `eval` and `bench` as a user runs them.
@Suite struct RuntimeCommandTests {
    private func run(_ arguments: String..., in folder: URL) throws -> (code: Int32, output: String, errors: String) {
        try SeeconvProgram.run(arguments, in: folder)
    }

    private func makeModel(in folder: URL) throws {
        try WordModel.copy("Runtime/llama-grouped-tied", words: 97, to: folder.appending(path: "m"))
    }

    @Test func continuesTexts() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            let greedy = try run("run", "m", "--prompt", "w5 w6", "-n", "12", "--ignore-end", in: folder)
            #expect(greedy.code == 0, "\(greedy.errors)")
            let words = greedy.output.split(whereSeparator: \.isWhitespace)
            #expect(words.count == 14 && words.allSatisfy { $0.hasPrefix("w") }, "\(greedy.output)")
            #expect(greedy.errors.contains("2 tokens read") && greedy.errors.contains("12 written"))
            let options = ["--temperature", "1.3", "--top-k", "40", "--top-p", "0.9", "--min-p", "0.01", "--seed", "7"]
            func draw(_ more: String...) throws -> String {
                let arguments = ["run", "m", "--prompt", "w5 w6", "-n", "12", "-q", "--ignore-end"] + options + more
                return try SeeconvProgram.run(arguments, in: folder).output
            }
            // The seed decides, and nothing else.
            #expect(try draw() == draw("--threads", "1"))
            #expect(try draw() != draw("--seed", "8"))
        }
    }

    @Test func writesScoresAndMeasuresTexts() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            let logits = try run("eval", "m", "--logits", "m/ids.npy", "-o", "out.npz", in: folder)
            #expect(logits.code == 0 && logits.output.contains("4 hidden states"), "\(logits.errors)")
            let inspected = try run("inspect", "out.npz", "--json", in: folder)
            for name in ["logits", "hidden_0", "hidden_3"] { #expect(inspected.output.contains("\"\(name)\"")) }
            #expect(try run("eval", "m", "--logits", "m/ids.npy", "-o", "out.npz", in: folder).code == 3)
            let text = (0..<200).map { "w\($0 * 31 % 97)" }.joined(separator: " ")
            try Data(text.utf8).write(to: folder.appending(path: "text.txt"))
            let measured = try run("eval", "m", "--perplexity", "text.txt", "--context", "64", "--json", in: folder)
            #expect(measured.code == 0 && measured.output.contains("\"tokens\": 199"), "\(measured.errors)")
            for key in ["perplexity", "negativeLogLikelihood", "context", "stride"] {
                #expect(measured.output.contains("\"\(key)\""))
            }
            let bench = try run(
                "bench",
                "m",
                "--json",
                "--prompt-tokens",
                "8",
                "-n",
                "2",
                "--repetitions",
                "1",
                in: folder
            )
            #expect(bench.code == 0, "\(bench.errors)")
            for key in ["promptRate", "generationRate", "bytesPerToken", "cacheBytes", "peakMemory"] {
                #expect(bench.output.contains("\"\(key)\""))
            }
        }
    }

    @Test func badInputsAreNamed() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            func fails(_ code: Int32, _ word: String, _ arguments: String...) throws {
                let result = try SeeconvProgram.run(arguments, in: folder)
                #expect(result.code == code && result.errors.contains(word), "\(arguments): \(result.errors)")
            }
            try fails(3, "no tokens", "run", "m", "--prompt", "")
            let long = (0..<300).map { _ in "w1" }.joined(separator: " ")
            try fails(3, "256", "run", "m", "--prompt", long)
            try fails(3, "no such file", "run", "absent", "--prompt", "w1")
            try fails(3, "no weights", "run", ".", "--prompt", "w1")
            try fails(2, "--system", "run", "m", "--prompt", "w1", "--system", "x")
            try fails(2, "--top-p", "run", "m", "--prompt", "w1", "--top-p", "2")
            try fails(2, "one of", "eval", "m")
            try fails(2, "together", "eval", "m", "--logits", "m/ids.npy")
            try Data([0x77, 0x31, 0x20, 0xFF, 0xFE]).write(to: folder.appending(path: "broken.txt"))
            try fails(3, "UTF-8", "eval", "m", "--perplexity", "broken.txt")
            try Data("w1".utf8).write(to: folder.appending(path: "short.txt"))
            try fails(3, "never scored", "eval", "m", "--perplexity", "short.txt")
            try fails(3, "ZIP", "eval", "m", "--logits", "m/expected.npz", "-o", "x.npz")
        }
    }
}
