import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// `distil` as a user runs it.
@Suite struct DistilCommandTests {
    private func run(_ arguments: [String], in folder: URL) throws -> (code: Int32, output: String, errors: String) {
        try SeeconvProgram.run(arguments, in: folder)
    }

    /// A model directory `m` of golden weights with a vocabulary of words, sentences `s.txt` and `t.txt`, and a factorized
    /// workspace `w`.
    private func makeWorkspace(_ name: String, words: Int, in folder: URL) throws {
        try WordModel.copy(name, words: words, to: folder.appending(path: "m"))
        var random = SplitMix64(seed: 7)
        for file in ["s.txt", "t.txt"] {
            let lines = (0..<50).map { _ in
                (0..<random.below(6) + 3).map { _ in "w\(random.below(words - 4) + 3)" }.joined(separator: " ") + "\n"
            }
            try Data(lines.joined().utf8).write(to: folder.appending(path: file))
        }
        #expect(try run(["import", "m", "-o", "w"], in: folder).code == 0)
        let form = ["--order", "2", "--rank", "2", "--units", "8", "--residual", "none", "--weights", "uniform"]
        let factorized = try run(["factorize", "w"] + form, in: folder)
        #expect(factorized.code == 0, "\(factorized.errors)")
    }

    /// A power of 0 makes all tokens alike, whatever their frequencies; other powers do not.
    @Test func tokensCountByAPowerOfTheirFrequencies() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeWorkspace("Encoders/bert-golden", words: 61, in: folder)
            func factors(_ options: [String]) throws -> Data {
                let factorized = try run(["factorize", "w", "--ratio", "6"] + options, in: folder)
                #expect(factorized.code == 0, "\(factorized.errors)")
                return try Data(contentsOf: folder.appending(path: "w/factors.safetensors"))
            }
            let alike = try factors(["--weights", "uniform"])
            #expect(try factors(["--weights", "s.txt", "--weight-power", "0"]) == alike)
            let usual = try factors(["--weights", "s.txt"])
            #expect(try factors(["--weights", "s.txt", "--weight-power", "0.5"]) == usual)
            #expect(try factors(["--weights", "s.txt", "--weight-power", "1"]) != usual && usual != alike)
            for power in ["-0.1", "1.5", "nan", "x"] {
                for command in [["factorize", "w", "--ratio", "6"], ["distil", "w", "--text", "s.txt"]] {
                    #expect(try run(command + ["--weight-power=\(power)"], in: folder).code == 2)
                }
            }
        }
    }

    private static let steps = ["--steps", "30", "--batch-tokens", "100", "--validation", "0.2", "--rate", "2e-3"]

    @Test func trainsAndReports() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeWorkspace("Encoders/bert-golden", words: 61, in: folder)
            let trained = try run(
                ["distil", "w", "--text", "s.txt", "--json", "d.json", "--html", "d.html"] + Self.steps,
                in: folder
            )
            #expect(trained.code == 0 && trained.output.contains("held-out loss"), "\(trained.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "w/training.safetensors").path))
            let json = try String(contentsOf: folder.appending(path: "d.json"), encoding: .utf8)
            for key in ["kept", "validation", "before", "after", "codingError", "byteRatioFloat32", "trainedNumbers"] {
                #expect(json.contains("\"\(key)\""))
            }
            let page = try String(contentsOf: folder.appending(path: "d.html"), encoding: .utf8)
            #expect(page.contains("<svg") && page.contains("Phase settle"))
            let metrics = try String(contentsOf: folder.appending(path: "w/training.jsonl"), encoding: .utf8)
            #expect(metrics.contains("\"phase\":\"align\"") && metrics.contains("\"validation\""))
            // What was trained is exported, and verified.
            #expect(try run(["export", "w", "-o", "x"], in: folder).code == 0)
            #expect(try run(["verify", "m", "x", "--min-ratio", "1.5"], in: folder).code == 0)
            let outputs = try ["w", "x"].map { model in
                try SeeconvProgram.run(["embed", model], input: "w5 w6\nw7\n", in: folder).output
            }
            #expect(outputs[0] == outputs[1] && !outputs[0].isEmpty)
        }
    }

    @Test func killedTrainingsGoOnToTheSameBits() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeWorkspace("Encoders/bert-golden", words: 61, in: folder)
            try FileManager.default.copyItem(at: folder.appending(path: "w"), to: folder.appending(path: "v"))
            let options =
                ["--text", "s.txt", "--save-every", "7", "--dropout", "0.1", "--layers", "0,2,1"] + Self.steps
            #expect(try run(["distil", "v"] + options, in: folder).code == 0)

            let process = Process()
            process.executableURL = SeeconvProgram.program
            process.arguments = ["distill", "w", "-q"] + options
            process.currentDirectoryURL = folder
            try process.run()
            let state = folder.appending(path: "w/training.safetensors")
            while process.isRunning, !FileManager.default.fileExists(atPath: state.path) { usleep(500) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(FileManager.default.fileExists(atPath: state.path))

            let refused = try run(["distil", "w"] + options, in: folder)
            #expect(refused.code == 3 && refused.errors.contains("--resume"), "\(refused.errors)")
            let other = try run(["distil", "w", "--resume", "--seed", "4"] + options, in: folder)
            #expect(other.code == 3 && other.errors.contains("other options"), "\(other.errors)")
            let resumed = try run(["distil", "w", "--resume", "--threads", "1"] + options, in: folder)
            #expect(resumed.code == 0 && resumed.errors.contains("going on after step"), "\(resumed.errors)")
            let factors = try ["v", "w"].map {
                try Data(contentsOf: folder.appending(path: "\($0)/factors.safetensors"))
            }
            #expect(factors[0] == factors[1])
            #expect(!FileManager.default.fileExists(atPath: state.path))
        }
    }

    @Test func translatorsLearnFromPairsOrFromTheirTeacher() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeWorkspace("Encoders/marian-golden", words: 53, in: folder)
            let pairs = try run(["distil", "w", "--parallel", "s.txt", "t.txt"] + Self.steps, in: folder)
            #expect(pairs.code == 0 && pairs.output.contains("soft"), "\(pairs.errors)")
            let own = try run(["distil", "w", "--text", "s.txt", "--stage", "2"] + Self.steps, in: folder)
            #expect(own.code == 0, "\(own.errors)")
            try Data("w5 w6\n".utf8).write(to: folder.appending(path: "short.txt"))
            let uneven = try run(["distil", "w", "--parallel", "s.txt", "short.txt"], in: folder)
            #expect(uneven.code == 3 && uneven.errors.contains("1 lines"), "\(uneven.errors)")
            let lines = "{\"source\": \"w5 w6\", \"target\": \"w7\"}\n{\"source\": \"w8\", \"target\": \"w9 w4\"}\n"
            try Data(lines.utf8).write(to: folder.appending(path: "p.jsonl"))
            #expect(try run(["distil", "w", "--text", "p.jsonl", "--steps", "2"], in: folder).code == 0)
            try Data("{\"source\": \"w5 w6\"}\n[]\n".utf8).write(to: folder.appending(path: "p.jsonl"))
            let odd = try run(["distil", "w", "--text", "p.jsonl", "--steps", "2"], in: folder)
            #expect(odd.code == 3 && odd.errors.contains("line 1"), "\(odd.errors)")
        }
    }

    @Test func sourcesOfTextsAddUp() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeWorkspace("Encoders/marian-golden", words: 53, in: folder)
            func count(_ sources: [String]) throws -> Int {
                let result = try run(["distil", "w", "--stage", "2", "--steps", "1"] + sources, in: folder)
                let note = try #require(result.errors.firstMatch(of: /(\d+) texts of .* train, (\d+) are held out/))
                return try #require(Int(note.1)) + #require(Int(note.2))
            }
            let pairs = try count(["--parallel", "s.txt", "t.txt"])
            #expect(try count(["--text", "s.txt", "t.txt", "--parallel", "s.txt", "t.txt"]) == 3 * pairs)
        }
    }

    @Test func decodersLearnFromTextsOrFromTheirOwn() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeWorkspace("Runtime/llama-grouped-tied", words: 97, in: folder)
            let own = try run(["distil", "w", "--from-teacher", "20", "--window", "12"] + Self.steps, in: folder)
            #expect(own.code == 0 && own.output.contains("hard"), "\(own.errors)")
            let text = ["distil", "w", "--text", "s.txt", "--window", "12", "--train", "factors"] + Self.steps
            #expect(try run(text, in: folder).code == 0)
            #expect(try run(["distil", "w", "--parallel", "s.txt", "t.txt"], in: folder).code == 3)
        }
    }

    @Test func badInputIsRefused() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeWorkspace("Encoders/bert-golden", words: 61, in: folder)
            try Data("\n \n".utf8).write(to: folder.appending(path: "empty.txt"))
            try Data([0x77, 0xFF, 0x0A]).write(to: folder.appending(path: "bytes.txt"))
            for (arguments, code, words) in [
                (["--text", "empty.txt"], 3, "no text"), (["--text", "bytes.txt"], 3, "UTF-8"),
                (["--text", "none.txt"], 3, "none.txt"), (["--from-teacher", "5"], 3, "decoder"),
                (["--text", "s.txt", "--resume"], 3, "no training"), ([], 2, "--from-teacher"),
                (["--text", "s.txt", "--steps", "0"], 2, "--steps"),
                (["--text", "s.txt", "--rate", "-1"], 2, "--rate"),
                (["--text", "s.txt", "--layers", "x"], 2, "--layers"),
                (["--text", "s.txt", "--temperature", "0"], 2, "--temperature"),
            ] {
                let result = try run(["distil", "w"] + arguments, in: folder)
                #expect(result.code == Int32(code) && result.errors.contains(words), "\(arguments): \(result.errors)")
            }
            #expect(try run(["import", "m", "-o", "fresh"], in: folder).code == 0)
            let early = try run(["distil", "fresh", "--text", "s.txt"], in: folder)
            #expect(early.code == 3 && early.errors.contains("factorize"), "\(early.errors)")
        }
    }
}
