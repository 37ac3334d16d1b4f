import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

@testable import Distillation

/// The state of a training on the disk.
@Suite struct TrainingStateTests {
    private static func state(bestLoss: Double) -> TrainingState {
        var position = TrainingState.Position()
        (position.phase, position.step, position.total, position.epoch, position.batch) = (1, 20, 35, 3, 7)
        (position.stale, position.bestLoss, position.firstLosses) = (2, bestLoss, [0.1 + 0.2])
        return TrainingState(
            fingerprint: TrainingFingerprint(json: ["options": "ab", "data": "cd"]),
            position: position,
            values: [1, -0.5, 3e-38],
            best: [0.1, 0.2, 0.3],
            optimiser: AdamW.State(stepCount: 20, first: [1, 2, 3], second: [4, 5, 6]),
            offsets: [[], [0.25, -1]]
        )
    }

    @Test(arguments: [0.1 + 0.7, Double.infinity]) func comesBackToTheBit(bestLoss: Double) throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "training.safetensors").path
            try Self.state(bestLoss: bestLoss).write(to: path)
            #expect(try TrainingState(reading: path) == Self.state(bestLoss: bestLoss))
            // Written again, it takes the old one's place.
            try Self.state(bestLoss: 3).write(to: path)
            #expect(try TrainingState(reading: path).position.bestLoss == 3)
        }
    }

    @Test func damagedFilesAreRefused() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "training.safetensors").path
            try Self.state(bestLoss: 1).write(to: path)
            let whole = try Data(contentsOf: URL(filePath: path))
            for change in [
                ("\\\"version\\\":1", "\\\"version\\\":9"), ("\\\"step\\\":20", "\\\"step\\\":-5"),
                ("\\\"offsets\\\":2", "\\\"offsets\\\":8"), ("\"values\"", "\"valuez\""),
                ("\\\"total\\\"", "\\\"tital\\\""),
            ] {
                var bytes = whole
                let range = try #require(bytes.range(of: Data(change.0.utf8)), "\(change.0)")
                bytes.replaceSubrange(range, with: Data(change.1.utf8))
                try bytes.write(to: URL(filePath: path))
                if change.1.utf8.count == change.0.utf8.count {
                    #expect(throws: TensorFileError.self, "\(change.1)") { try TrainingState(reading: path) }
                }
            }
            for count in stride(from: 0, to: whole.count, by: 97) {
                try whole.prefix(count).write(to: URL(filePath: path))
                #expect(throws: TensorFileError.self) { try TrainingState(reading: path) }
            }
        }
    }
}
