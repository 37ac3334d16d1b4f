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
