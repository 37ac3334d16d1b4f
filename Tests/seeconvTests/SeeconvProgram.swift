import Foundation
import TestSupport

/// The command as a user runs it.
enum SeeconvProgram {
    /// The program that the build put beside the tests.
    static let program: URL = {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent() ?? TestFiles.root
        let candidates = [
            beside.appending(path: "seeconv"), TestFiles.root.appending(path: ".build/release/seeconv"),
            TestFiles.root.appending(path: ".build/debug/seeconv"),
        ]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? candidates[0]
    }()

    /// Runs the program in `folder`, with `input` as its standard input.
    static func run(
        _ arguments: [String],
        input: String? = nil,
        in folder: URL
    ) throws -> (code: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = folder.appending(path: ".stdout")
        let errors = folder.appending(path: ".stderr")
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        if let input {
            let file = folder.appending(path: ".stdin")
            try Data(input.utf8).write(to: file)
            process.standardInput = try FileHandle(forReadingFrom: file)
        }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        let texts = try [output, errors].map { try String(contentsOf: $0, encoding: .utf8) }
        return (process.terminationStatus, texts[0], texts[1])
    }
}
