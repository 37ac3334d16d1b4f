import Foundation
import JSONText
import TestSupport
import Testing

/// `verify --text` as a user runs it.
@Suite struct VerifyTextTests {
    /// The models, and their texts: those of `Tools/interop/verify_text.py`.
    private enum Case: String, CaseIterable {
        case llama = "llama-grouped-tied"
        case phi3 = "phi3-longrope-beyond"
        case bert = "bert-golden"
        case marian = "marian-golden"
        case marianWithTarget = "marian-golden-target"

        var model: String {
            switch self {
            case .llama, .phi3: "Runtime/\(rawValue)"
            case .bert, .marian: "Encoders/\(rawValue)"
            case .marianWithTarget: Case.marian.model
            }
        }
        var words: Int {
            switch self {
            case .llama, .phi3: 97
            case .bert: 61
            case .marian, .marianWithTarget: 53
            }
        }
        var isDecoder: Bool { self == .llama || self == .phi3 }
        var options: [String] { ["--text", "s.txt"] + (self == .marianWithTarget ? ["--target", "t.txt"] : []) }

        /// Makes the model `m` and the texts `s.txt` and `t.txt`.
        func make(in folder: URL) throws {
            try WordModel.copy(model, words: words, to: folder.appending(path: "m"))
            func write(_ lines: [[Int]], _ name: String) throws {
                let text = lines.map { $0.map { "w\($0)" }.joined(separator: " ") + "\n" }.joined()
                try Data(text.utf8).write(to: folder.appending(path: name))
            }
            let sentences = (0..<40).map { line in (0...line % 9).map { 1 + (7 * line + $0 * $0) % 50 } }
            try write(isDecoder ? [(0..<600).map { $0 * 31 % 97 }] : sentences, "s.txt")
            try write((0..<40).map { line in (0...line % 6).map { 1 + (5 * line + 3 * $0) % 50 } }, "t.txt")
        }
    }

    private func run(_ arguments: [String], in folder: URL) throws -> (code: Int32, output: String, errors: String) {
        try SeeconvProgram.run(arguments + ["--quiet"], in: folder)
    }

    /// The member `text` of the report of `m` against `candidate`.
    private func figures(_ test: Case, _ candidate: String, _ more: [String] = [], in folder: URL) throws -> JSONValue {
        let result = try run(["verify", "m", candidate, "--json", "-"] + test.options + more, in: folder)
        #expect(result.code == 0, "\(result.errors)")
        return try #require(try JSONValue(parsing: Array(result.output.utf8))["text"])
    }

    /// The numbers of a list, or the one that is there.
    private func numbers(_ value: JSONValue?) -> [Double] {
        value?.elements?.compactMap(\.double) ?? [value?.double ?? .nan]
    }

    @Test(arguments: Case.allCases) private func equalModelsAreEqual(test: Case) throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try test.make(in: folder)
            let bounds =
                test == .bert
                ? ["--min-sentence-cosine", "1"] : ["--max-kl", "0", "--min-top1", "1"]
            let text = try figures(test, "m", bounds, in: folder)
            #expect(numbers(text["hiddenStateErrors"]).max() == 0)
            if test == .bert {
                #expect(text["minCosine"]?.double == 1 && text["sentences"]?.int == 40)
            } else {
                #expect(text["maximumKL"]?.double == 0 && text["top1Agreement"]?.double == 1)
                #expect(text["referencePerplexity"] == text["candidatePerplexity"])
            }
        }
    }

    /// Against transformers' figures, for the same model in BF16.
    @Test(arguments: Case.allCases) private func figuresAreThoseOfTransformers(test: Case) throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try test.make(in: folder)
            try FileManager.default.copyItem(at: folder.appending(path: "m"), to: folder.appending(path: "c"))
            let weights = "c/model.safetensors"
            #expect(
                try run(["convert", "m/model.safetensors", weights, "--dtype", "bf16", "--force"], in: folder).code == 0
            )
            let file = TestFiles.root.appending(path: "Tests/Golden/VerifyText/expected.json")
            let expected = try JSONValue(parsing: Array(Data(contentsOf: file)))[test.rawValue]
            let members = try #require(expected?.members)
            let text = try figures(test, "c", in: folder)
            #expect(members.count >= 7)
            let count = try #require(text["tokens"]?.double)
            for member in members {
                let (found, wanted) = (numbers(text[member.key]), numbers(member.value))
                #expect(found.count == wanted.count, "\(member.key)")
                for (x, y) in zip(found, wanted) {
                    // Where scores are nearly equal, the likeliest token is a matter of rounding; cosines lie near 1.
                    let slack =
                        member.key == "top1Agreement"
                        ? 1.01 / count : member.key.hasSuffix("osine") ? 1e-7 : 2e-3 * abs(y)
                    #expect(abs(x - y) <= slack, "\(member.key): \(x), transformers \(y)")
                }
            }
        }
    }

    @Test func factoredModelsDiffer() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try Case.llama.make(in: folder)
            #expect(try run(["import", "m", "-o", "w"], in: folder).code == 0)
            #expect(try run(["factorize", "w", "--ratio", "4", "--weights", "uniform"], in: folder).code == 0)
            #expect(try run(["export", "w", "-o", "f", "--factored"], in: folder).code == 0)
            #expect(try run(["export", "w", "-o", "d", "--dense"], in: folder).code == 0)
            let text = try figures(.llama, "f", in: folder)
            #expect(text == (try figures(.llama, "w", ["--threads", "1"], in: folder)))
            #expect(text == (try figures(.llama, "d", in: folder)))
            let error = numbers(text["hiddenStateErrors"])
            #expect(error.count == 4 && error.allSatisfy { $0 > 0.001 && $0 < 0.2 })
            let (mean, high) = (try #require(text["meanKL"]?.double), try #require(text["p99KL"]?.double))
            #expect(mean > 1e-6 && high > mean)
            // As eval has it, of either side.
            for (model, key) in [("m", "referencePerplexity"), ("f", "candidatePerplexity")] {
                let measured = try run(
                    ["eval", model, "--perplexity", "s.txt", "--json", "--tables", "dense"],
                    in: folder
                )
                let perplexity = try JSONValue(parsing: Array(measured.output.utf8))["perplexity"]?.double
                #expect(abs(try #require(perplexity) / (try #require(text[key]?.double)) - 1) < 1e-6)
            }
            // From the factors, but for rounding the same.
            let factored = try figures(.llama, "f", ["--tables", "factored"], in: folder)
            #expect(abs(try #require(factored["meanKL"]?.double) / mean - 1) < 0.05)

            let files = ["--html", "v.html", "--junit", "v.xml", "--json", "v.json"]
            let missed = try run(
                ["verify", "m", "f", "--text", "s.txt", "--max-kl", "1e-7", "--min-top1", "0.5"] + files,
                in: folder
            )
            #expect(missed.code == 1 && missed.errors.contains("gate failed: meanKL 0.0"), "\(missed.errors)")
            #expect(missed.errors.contains("≤ 1e-07") && missed.output.contains("gate kept: top1Agreement"))
            func content(_ name: String) throws -> String {
                try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            }
            #expect(try content("v.xml").contains("failures=\"1\"") && content("v.xml").contains("meanKL"))
            #expect(try content("v.html").contains("Hidden-state error by layer"))
            #expect(try content("v.json").contains("\"passed\": false"))
        }
    }

    /// Names that no table of the reference has, as in llama.cpp's files: the text is compared, the tables are not.
    @Test func modelsWithoutCommonNamesAreComparedOnTheText() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try Case.bert.make(in: folder)
            let gguf = TestFiles.root.appending(path: "Tests/Golden/Encoders/bert-golden/llama-names.gguf")
            try FileManager.default.copyItem(at: gguf, to: folder.appending(path: "b.gguf"))
            let arguments = ["verify", "m", "b.gguf", "--text", "s.txt", "--tokenizer", "m"]
            let text = try run(arguments + ["--min-sentence-cosine", "0.5"], in: folder)
            #expect(text.code == 0 && text.output.contains("tables are not compared"), "\(text.errors)")
            // The file asks for another pooling: the layers agree, the vectors do not.
            #expect(text.output.contains("from the embedding: 0, 0, 0") && text.output.contains("pooled by"))
            #expect(try run(arguments + ["--max-error", "0.1"], in: folder).code == 3)
            #expect(try run(["verify", "m", "b.gguf"], in: folder).code == 3)
        }
    }

    @Test func badInputsAreNamed() throws {
        try TestFiles.withTemporaryFolder { folder throws in
            try Case.llama.make(in: folder)
            func fails(_ code: Int32, _ word: String, _ arguments: String...) throws {
                let result = try run(["verify", "m"] + arguments, in: folder)
                #expect(result.code == code && result.errors.contains(word), "\(arguments): \(result.errors)")
            }
            func write(_ bytes: [UInt8], _ name: String) throws {
                try Data(bytes).write(to: folder.appending(path: name))
            }
            try write([], "empty.txt")
            try fails(3, "empty", "m", "--text", "empty.txt")
            try write(Array(" \n\n".utf8), "blank.txt")
            try fails(3, "blanks", "m", "--text", "blank.txt")
            try write(Array("w1\nw2 ".utf8) + [0xFF], "broken.txt")
            try fails(3, "line 2: the text is not UTF-8", "m", "--text", "broken.txt")
            try fails(3, "never scored", "m", "--text", "s.txt", "--max-tokens", "1")
            try fails(3, "No such file", "m", "--text", "absent.txt")
            try fails(3, "no translator", "m", "--text", "s.txt", "--target", "s.txt")
            try fails(3, "1 translations of 40", "m", "--text", "t.txt", "--target", "s.txt")
            try fails(3, "no sentence vectors", "m", "--text", "s.txt", "--min-sentence-cosine", "1")
            for wrong in [["--max-kl", "-1"], ["--max-kl", "nan"], ["--min-top1", "99"], ["--max-tokens", "0"]] {
                let result = try run(["verify", "m", "m", "--text", "s.txt"] + wrong, in: folder)
                #expect(result.code == 2 && result.errors.contains(wrong[0]), "\(wrong)")
            }
            try fails(2, "need --text", "m", "--max-kl", "1")
            try fails(2, "--structure", "--structure", "--text", "s.txt")
            try fails(2, "--text", "--structure", "--max-kl", "1")

            // Other tokenizers, widths and kinds.
            let other = folder.appending(path: "o")
            try WordModel.copy(Case.llama.model, words: 97, to: other)
            let tokenizer = other.appending(path: "tokenizer.json")
            let swapped = try String(contentsOf: tokenizer, encoding: .utf8)
                .replacingOccurrences(of: "\"w3\": 3, \"w4\": 4", with: "\"w4\": 3, \"w3\": 4")
            try Data(swapped.utf8).write(to: tokenizer)
            try fails(3, "tokenizer: token 22 of the text of s.txt is 4", "o", "--text", "s.txt")
            let named = try run(
                ["verify", "m", "o", "--text", "s.txt", "--tokenizer", "m", "--max-kl", "0"],
                in: folder
            )
            #expect(named.code == 0, "\(named.errors)")
            try WordModel.copy("Runtime/llama-llama3", words: 97, to: folder.appending(path: "l"))
            try fails(3, "[97, 24] against [97, 32]", "l", "--text", "s.txt")
            try WordModel.copy(Case.phi3.model, words: 97, to: folder.appending(path: "p"))
            try fails(3, "number of layers: 2, where m has 3", "p", "--text", "s.txt")
            try WordModel.copy(Case.marian.model, words: 53, to: folder.appending(path: "t"))
            try fails(3, "a translator, where m is a decoder", "t", "--text", "s.txt")
            let kl = try run(["verify", "t", "t", "--text", "t.txt", "--min-sentence-cosine", "1"], in: folder)
            #expect(kl.code == 3 && kl.errors.contains("--max-kl"))
            try write(Array(String(repeating: "w1 ", count: 40).utf8), "long.txt")
            let long = try run(["verify", "t", "t", "--text", "long.txt"], in: folder)
            #expect(long.code == 3 && long.errors.contains("line 1: 40 tokens"), "\(long.errors)")
            // Padding, which the model is forbidden to write.
            try write(Array("w1\n".utf8), "one.txt")
            try write(Array("w2 w52\n".utf8), "pad.txt")
            let padded = try run(["verify", "t", "t", "--text", "one.txt", "--target", "pad.txt"], in: folder)
            #expect(padded.code == 3 && padded.errors.contains("never gives token 52"), "\(padded.errors)")
        }
    }
}
