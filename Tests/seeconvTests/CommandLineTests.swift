import Checkpoints
import Foundation
import LinearAlgebra
import Safetensors
import TensorFile
import TestSupport
import Testing

/// The command as a user runs it: exit codes, output, files left behind.
@Suite struct CommandLineTests {
    private func run(_ arguments: String..., in folder: URL) throws -> (code: Int32, output: String, errors: String) {
        try run(arguments, in: folder)
    }

    private func run(_ arguments: [String], in folder: URL) throws -> (code: Int32, output: String, errors: String) {
        try SeeconvProgram.run(arguments, in: folder)
    }

    private func makeModel(in folder: URL) throws {
        let tensor = try TensorDescriptor(name: "model.embed_tokens.weight", type: .float32, shape: [300, 32])
        let writer = try SafetensorsWriter(folder.appending(path: "m.safetensors").path, tensors: [tensor])
        var random = SplitMix64(seed: 2)
        try (0..<300 * 32).map { _ in random.normal() }.withUnsafeBytes { try writer.append($0) }
        try writer.finish()
    }

    @Test func walksTheWholeRoad() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            #expect(try run("import", "m.safetensors", "-o", "w", in: folder).code == 0)
            #expect(try run("factorize", "w", "--ratio", "5", in: folder).code == 0)
            #expect(try run("export", "w", "-o", "f.gguf", in: folder).code == 0)
            #expect(try run("export", "w", "-o", "d.npz", "--dense", in: folder).code == 0)
            let kept = try run(
                "verify",
                "m.safetensors",
                "f.gguf",
                "--min-ratio",
                "5",
                "--json",
                "v.json",
                "--html",
                "v.html",
                "--junit",
                "v.xml",
                in: folder
            )
            #expect(kept.code == 0, "\(kept.errors)")
            let json = try String(contentsOf: folder.appending(path: "v.json"), encoding: .utf8)
            for key in [
                "gates", "byteRatioFloat32", "parameterRatioWithIndex", "relativeError", "p01Cosine", "neighboursKept",
            ] {
                #expect(json.contains("\"\(key)\""))
            }
            let missed = try run("verify", "m.safetensors", "w", "--min-ratio", "500", in: folder)
            #expect(missed.code == 1)
            #expect(missed.errors.contains("byteRatio") && missed.errors.contains("500"))
            // The same seed gives the same bytes, whatever the number of threads.
            let first = try Data(contentsOf: folder.appending(path: "w/factors.safetensors"))
            #expect(try run("factorize", "w", "--ratio", "5", "--threads", "1", in: folder).code == 0)
            #expect(try Data(contentsOf: folder.appending(path: "w/factors.safetensors")) == first)
        }
    }

    @Test func factorizeChoosesARatioAndSaysWhy() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            #expect(try run("import", "m.safetensors", "-o", "w", in: folder).code == 0)
            let chosen = try run("factorize", "w", "--ratio", "auto", "--json", "f.json", in: folder)
            #expect(chosen.code == 0 && chosen.output.contains("chosen"), "\(chosen.errors)")
            let json = try String(contentsOf: folder.appending(path: "f.json"), encoding: .utf8)
            for key in [
                "ratioChoice", "reason", "curve", "byteRatioFloat32", "badRows", "mergedTokens",
                "weightedRelativeError",
            ] {
                #expect(json.contains("\"\(key)\""))
            }
            #expect(try run("factorize", "w", "--ratio", "some", in: folder).code == 2)
            #expect(try run("factorize", "w", "--ratio", "-1", in: folder).code == 2)
        }
    }

    @Test func rowsWithoutNumbersAreRefusedOrKept() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            let file = folder.appending(path: "m.safetensors")
            var bytes = try Data(contentsOf: file)
            bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
            try bytes.write(to: file)
            #expect(try run("import", "m.safetensors", "-o", "w", in: folder).code == 0)
            let refused = try run("factorize", "w", "--ratio", "4", in: folder)
            #expect(refused.code == 3 && refused.errors.contains("token 299"), "\(refused.errors)")
            #expect(refused.errors.contains("--bad-rows skip"))
            let kept = try run("factorize", "w", "--ratio", "4", "--bad-rows", "skip", in: folder)
            #expect(kept.code == 0 && kept.errors.contains("1 rows with a NaN"), "\(kept.errors)")
            #expect(try run("export", "w", "-o", "d.safetensors", "--dense", in: folder).code == 0)
            let dense = try Data(contentsOf: folder.appending(path: "d.safetensors"))
            #expect(dense.suffix(128) == bytes.suffix(128), "the row's own bits")
        }
    }

    @Test func interruptedFitsGoOn() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            let tensor = try TensorDescriptor(name: "model.embed_tokens.weight", type: .float32, shape: [4000, 48])
            let writer = try SafetensorsWriter(folder.appending(path: "m.safetensors").path, tensors: [tensor])
            var random = SplitMix64(seed: 4)
            try (0..<4000 * 48).map { _ in random.normal() }.withUnsafeBytes { try writer.append($0) }
            try writer.finish()
            let form = ["--order", "2", "--rank", "6", "--units", "64", "--residual", "none"]
            for name in ["a", "b"] { #expect(try run("import", "m.safetensors", "-o", name, in: folder).code == 0) }
            #expect(try run(["factorize", "a"] + form, in: folder).code == 0)

            let process = Process()
            process.executableURL = SeeconvProgram.program
            process.arguments = ["factorize", "b", "-q"] + form
            process.currentDirectoryURL = folder
            try process.run()
            let state = folder.appending(path: "b/model.embed_tokens.fit")
            while process.isRunning, !FileManager.default.fileExists(atPath: state.path) { usleep(500) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(FileManager.default.fileExists(atPath: state.path))
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "b/factors.safetensors").path))

            let resumed = try run(["factorize", "b"] + form, in: folder)
            #expect(
                resumed.code == 0 && resumed.errors.contains("went on from an interrupted fit"),
                "\(resumed.errors)"
            )
            #expect(!FileManager.default.fileExists(atPath: state.path), "the state goes when all is done")
            let factors = try ["a", "b"].map {
                try Data(contentsOf: folder.appending(path: "\($0)/factors.safetensors"))
            }
            #expect(factors[0] == factors[1])
        }
    }

    @Test func sweepsAreResumed() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            #expect(try run("import", "m.safetensors", "-o", "w", in: folder).code == 0)
            let first = try run("sweep", "w", "--order", "1,2", "--rank", "1", "--units", "8", in: folder)
            #expect(first.code == 0 && first.output.contains("front"), "\(first.errors)")
            let rows = folder.appending(path: "w/sweep.jsonl")
            let lines = try String(contentsOf: rows, encoding: .utf8)
            #expect(lines.split(separator: "\n").count == 2)
            // A line that an interruption cut off counts as absent.
            try Data((lines + lines.prefix(40)).utf8).write(to: rows)
            let more = try run(
                "sweep",
                "w",
                "--order",
                "1,2",
                "--rank",
                "1,2",
                "--units",
                "8",
                "--json",
                "s.json",
                "--html",
                "s.html",
                in: folder
            )
            #expect(more.code == 0 && more.errors.contains("2 of 4 rows taken"), "\(more.errors)")
            let after = try String(contentsOf: rows, encoding: .utf8)
            #expect(after.hasPrefix(lines), "rows that were there stay as they are")
            #expect(after.split(separator: "\n").count == 4)
            let json = try String(contentsOf: folder.appending(path: "s.json"), encoding: .utf8)
            for key in ["rows", "front", "order", "rank", "copies", "units", "factorType", "bytes", "seconds"] {
                #expect(json.contains("\"\(key)\""))
            }
            let page = try String(contentsOf: folder.appending(path: "s.html"), encoding: .utf8)
            #expect(page.contains("Relative error by rank") && page.contains("<svg"))
            // Another seed is another subject.
            let other = try run("sweep", "w", "--order", "1", "--rank", "1", "--units", "8", "--seed", "2", in: folder)
            #expect(other.code == 0 && !other.errors.contains("rows taken"))
            #expect(try run("sweep", "w", "--order", "5", in: folder).code == 2)
            #expect(try run("sweep", "w", "--rank", "1,x", in: folder).code == 2)
            #expect(try run("sweep", "w", "--factor-dtype", "f8", in: folder).code == 2)
        }
    }

    @Test func existingOutputsNeedForce() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            #expect(try run("convert", "m.safetensors", "a.gguf", in: folder).code == 0)
            let again = try run("convert", "m.safetensors", "a.gguf", in: folder)
            #expect(again.code == 3 && again.errors.contains("--force"))
            #expect(try run("convert", "m.safetensors", "a.gguf", "--force", in: folder).code == 0)
        }
    }

    @Test func structureIsAGate() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            let clean = try run("verify", "--structure", "m.safetensors", "--checksums", "--quiet", in: folder)
            #expect(clean.code == 0, "\(clean.errors)")
            #expect(clean.output.contains("model.embed_tokens.weight") && clean.output.contains("nothing hidden"))
            let file = folder.appending(path: "m.safetensors")
            try (Data(contentsOf: file) + Data("%PDF-1.7".utf8)).write(to: file)
            let found = try run("verify", "--structure", "m.safetensors", "--json", "s.json", "--quiet", in: folder)
            #expect(found.code == 1)
            #expect(found.errors.contains("gate failed: structure") && found.errors.contains("8 bytes"))
            let json = try String(contentsOf: folder.appending(path: "s.json"), encoding: .utf8)
            for key in ["\"passed\": false", "sha256", "nonFinite", "findings"] {
                #expect(json.contains(key), "\(json)")
            }
            try Data("nonsense".utf8).write(to: file)
            #expect(try run("verify", "--structure", "m.safetensors", in: folder).code == 3)
            #expect(try run("verify", "m.safetensors", in: folder).code == 2)
            #expect(try run("verify", "--structure", "m.safetensors", "m.safetensors", in: folder).code == 2)
        }
    }

    @Test func inspectionShowsAndNeverRuns() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            try FileManager.default.createDirectory(
                at: folder.appending(path: "model"),
                withIntermediateDirectories: false
            )
            try FileManager.default.moveItem(
                at: folder.appending(path: "m.safetensors"),
                to: folder.appending(path: "model/model.safetensors")
            )
            try Data("{{ x.__class__ }}\u{1B}[2J".utf8).write(
                to: folder.appending(path: "model/chat_template.jinja")
            )
            let screen = try run("inspect", "model", in: folder)
            #expect(screen.code == 0)
            for words in [
                "9,600 parameters", "input embedding: model.embed_tokens.weight", "100.0 %", "not run", ".__",
            ] {
                #expect(screen.output.contains(words), "\(screen.output)")
            }
            let template = try run("inspect", "model", "--chat-template", in: folder)
            #expect(template.output == "{{ x.__class__ }}\\u{1b}[2J\n")
            let json = try run("inspect", "model", "--json", in: folder)
            #expect(json.output.contains("\"tablesShare\": 1") && json.output.contains("\"suspicious\""))
            let tensor = try run("inspect", "model", "--tensor", "model.embed_tokens.weight", in: folder)
            #expect(tensor.output.contains("9,600 values; 0 zero, 0 NaN, 0 infinite") && tensor.output.contains("█"))
            let missing = try run("inspect", "model", "--tensor", "nothing", in: folder)
            #expect(missing.code == 3 && missing.errors.contains("it is not there"))
        }
    }

    @Test func conversionTakesItsOptions() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try makeModel(in: folder)
            for (file, packing) in [("a.npz", "deflate:9"), ("b.npz", "zstd"), ("c.npz", "stored")] {
                #expect(try run("convert", "m.safetensors", file, "--compression", packing, in: folder).code == 0)
            }
            #expect(try run("convert", "m.safetensors", "d.npz", "--compression", "lzma", in: folder).code == 2)
            #expect(try run("convert", "m.safetensors", "d.gguf", "--compression", "zstd", in: folder).code == 2)
            #expect(try run("convert", "m.safetensors", "d.npz", "--shard-size", "1MB", in: folder).code == 2)
            // Rows of 32 are no whole blocks of 256.
            let result = try run("convert", "m.safetensors", "q.gguf", "--dtype", "q4_k", in: folder)
            #expect(result.code == 0 && result.errors.contains("1 of 1 tensors became Q5_0"), "\(result.errors)")
        }
    }

    @Test func wrongUsageIsTwo() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            #expect(try run("nonsense", in: folder).code == 2)
            #expect(try run("factorize", "w", in: folder).code == 2)
            #expect(try run("factorize", "w", "--ratio", "-1", in: folder).code == 2)
            #expect(try run("--help", in: folder).code == 0)
            #expect(try run("--version", in: folder).code == 0)
        }
    }

    @Test(arguments: [
        ("empty.safetensors", ""), ("html.gguf", "<!DOCTYPE html><html>"),
        ("lfs.safetensors", "version https://git-lfs.github.com/spec/v1\n"),
        ("text.npz", "PK\u{3}\u{4}nonsense"), ("text.npy", "hello"), ("magic.gguf", "GGUF\u{3}\0\0\0"),
    ])
    func badInputIsThreeAndOneLine(name: String, content: String) throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try Data(content.utf8).write(to: folder.appending(path: name))
            for arguments in [["inspect", name], ["convert", name, "out.npz"], ["import", name, "-o", "w"]] {
                let result =
                    arguments.count == 2
                    ? try run(arguments[0], arguments[1], in: folder)
                    : arguments.count == 3
                        ? try run(arguments[0], arguments[1], arguments[2], in: folder)
                        : try run(arguments[0], arguments[1], arguments[2], arguments[3], in: folder)
                #expect(result.code == 3, "\(arguments): \(result.errors)")
                #expect(result.errors.split(separator: "\n").count == 1)
                #expect(result.errors.contains(name))
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(left == [".stderr", ".stdout", name].sorted())
        }
    }

    @Test func interruptionLeavesNothing() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            let tensor = try TensorDescriptor(name: "w", type: .float32, shape: [40_000, 1024])
            let writer = try SafetensorsWriter(folder.appending(path: "big.safetensors").path, tensors: [tensor])
            let piece = [UInt8](repeating: 0, count: 1 << 20)
            for _ in 0..<tensor.byteCount / piece.count { try piece.withUnsafeBytes { try writer.append($0) } }
            let rest = tensor.byteCount % piece.count
            if rest > 0 {
                try piece.withUnsafeBytes { try writer.append(UnsafeRawBufferPointer(rebasing: $0[..<rest])) }
            }
            try writer.finish()
            let process = Process()
            process.executableURL = SeeconvProgram.program
            process.arguments = ["convert", "big.safetensors", "out.gguf", "--dtype", "q6_k", "--quiet"]
            process.currentDirectoryURL = folder
            process.standardError = FileHandle.nullDevice
            try process.run()
            // Until its output is under way.
            let isUnderWay = {
                try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.hasSuffix(".partial") }
            }
            while process.isRunning, try !isUnderWay() { usleep(1000) }
            process.interrupt()
            process.waitUntilExit()
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(!left.contains { $0.hasSuffix(".partial") })
            if process.terminationStatus == 130 {
                #expect(left == ["big.safetensors"])
            } else {
                // It was done before the signal came.
                #expect(process.terminationStatus == 0 && left == ["big.safetensors", "out.gguf"])
            }
        }
    }
}
