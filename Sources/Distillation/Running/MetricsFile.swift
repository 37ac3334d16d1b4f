import Foundation
import TensorFile

/// The metrics of a training, a JSON object a line, added to as it goes: `tail -f` shows how it gets on.
final class MetricsFile {
    /// The records so far.
    private(set) var records: [TrainingRecord]
    private let path: String
    private let handle: FileHandle

    /// The file at `path`, emptied but for the records of steps up to `step`, where an interrupted training was kept last.
    init(_ path: String, keepingSteps step: Int?) throws(TensorFileError) {
        var kept: [TrainingRecord] = []
        if let step, let file = try? InputFile(path), let bytes = try? file.bytes(at: 0, count: file.size) {
            // A line that a kill cut short is none.
            kept = bytes.split(separator: UInt8(ascii: "\n")).compactMap { TrainingRecord(line: Array($0)) }
                .filter { $0.step <= step }
        }
        let output = try OutputFile(path, replacing: true)
        try output.append(Array(kept.map { $0.json.text() + "\n" }.joined().utf8))
        try output.commit()
        guard let handle = FileHandle(forWritingAtPath: path), (try? handle.seekToEnd()) != nil else {
            throw Self.failure(path)
        }
        (self.path, self.handle, records) = (path, handle, kept)
    }

    deinit { try? handle.close() }

    /// Adds a line.
    func append(_ record: TrainingRecord) throws(TensorFileError) {
        records.append(record)
        do {
            try handle.write(contentsOf: Data((record.json.text() + "\n").utf8))
        } catch {
            throw Self.failure(path)
        }
    }

    private static func failure(_ path: String) -> TensorFileError {
        TensorFileError(
            .system,
            file: path,
            place: "writing",
            cause: "the system refused to write the metrics",
            remedy: "make room on the disk, then go on with --resume"
        )
    }
}
