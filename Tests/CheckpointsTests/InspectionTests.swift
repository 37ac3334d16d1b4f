import Checkpoints
import Foundation
import LinearAlgebra
import NumPy
import Safetensors
import TensorFile
import TestSupport
import Testing

@Suite struct InspectionTests {
    @Test func statisticsOfPartsAreThoseOfTheWhole() {
        var random = SplitMix64(seed: 5)
        let values = (0..<1000).map { _ in Double(random.normal()) } + [0, -0.0, .nan, .infinity, -.infinity]
        let whole = TensorStatistics(of: values)
        #expect(whole.count == 1005 && whole.finiteCount == 1002)
        #expect(whole.zeros == 2 && whole.nans == 1 && whole.infinities == 2)
        let finite = values.filter(\.isFinite)
        #expect(whole.minimum == finite.min() && whole.maximum == finite.max())
        let mean = finite.reduce(0, +) / Double(finite.count)
        let variance = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)
        #expect(abs(whole.mean - mean) < 1e-12 && abs(whole.standardDeviation - variance.squareRoot()) < 1e-12)
        for cut in [0, 1, 500, 1002, 1005] {
            var parts = TensorStatistics(of: Array(values[..<cut]))
            parts.add(TensorStatistics(of: Array(values[cut...])))
            #expect(parts.count == whole.count && parts.minimum == whole.minimum && parts.nans == whole.nans)
            #expect(abs(parts.mean - whole.mean) < 1e-12)
            #expect(abs(parts.standardDeviation - whole.standardDeviation) < 1e-12)
        }
    }

    @Test func statisticsOfNothing() {
        for values in [[], [Double.nan, .infinity]] {
            let none = TensorStatistics(of: values)
            #expect(none.finiteCount == 0 && none.minimum == nil && none.mean == 0 && none.standardDeviation == 0)
        }
    }

    @Test func histogramCountsEveryFiniteValueOnce() {
        var histogram = ValueHistogram(from: -1, to: 1, bins: 4)
        histogram.add([-1, -0.6, -0.5, 0, 0.49, 0.5, 1, 2, .nan, .infinity])
        #expect(histogram.counts == [2, 1, 2, 2])
        #expect(histogram.bounds(of: 1).lower == -0.5 && histogram.bounds(of: 3).upper == 1)
        var widest = ValueHistogram(from: -.greatestFiniteMagnitude, to: .greatestFiniteMagnitude, bins: 2)
        widest.add([-.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude])
        #expect(widest.counts == [1, 2])
        var single = ValueHistogram(from: 3, to: 3, bins: 1)
        single.add([3, 3, 4])
        #expect(single.counts == [2])
    }

    /// The same figures whether the tensor is read in pieces on threads or streamed.
    @Test func storedAndPackedTensorsGiveTheSame() throws {
        try TestFiles.withTemporaryFolder { folder in
            let tensor = try TensorDescriptor(name: "w", type: .float32, shape: [300, 1000])
            var random = SplitMix64(seed: 9)
            let values = (0..<300_000).map { _ in random.normal() }
            var results: [TensorStatistics] = []
            var counts: [[Int]] = []
            for compression in [NumPyCompression.stored, .zstd()] {
                let path = folder.appending(path: "\(results.count).npz").path
                let writer = try NumPyArchiveWriter(path, tensors: [tensor], compression: compression)
                try values.withUnsafeBytes { try writer.append($0) }
                try writer.finish()
                let source = try NumPyArchive(path)
                results.append(try TensorStatistics(of: tensor, in: source))
                counts.append(try #require(try ValueHistogram(of: tensor, in: source, results[0])).counts)
            }
            #expect(results[0] == results[1] && counts[0] == counts[1])
            #expect(counts[0].reduce(0, +) == 300_000)
            #expect(abs(results[0].standardDeviation - 1) < 0.01)
        }
    }

    @Test func layersBecomeOneLine() throws {
        let tensors = try ["a.0.w", "a.1.w", "a.10.w", "a.2.b", "e", "e.w1"].map {
            try TensorDescriptor(name: $0, type: .float32, shape: $0.hasSuffix("b") ? [2] : [2, 2])
        }
        let groups = TensorGroup.groups(of: tensors)
        #expect(groups.map(\.name) == ["a.*.w", "a.2.b", "e", "e.w1"])
        #expect(groups.map(\.count) == [3, 1, 1, 1])
        #expect(groups.map(\.byteCount) == [48, 8, 16, 16])
    }

    @Test func chatTemplatesOfDirectoriesAreFound() throws {
        try TestFiles.withTemporaryFolder { folder in
            let tensor = try TensorDescriptor(name: "w", type: .uint8, shape: [0])
            try SafetensorsWriter(folder.appending(path: "model.safetensors").path, tensors: [tensor]).finish()
            #expect(try Checkpoint(opening: folder.path).chatTemplates().isEmpty)
            let text = #"{"chat_template":[{"name":"x","template":"{{ a.__class__ }}"},{"name":"y","template":"hi"}]}"#
            try Data(text.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
            let templates = try Checkpoint(opening: folder.path).chatTemplates()
            #expect(templates.map(\.name) == ["x", "y"])
            #expect(templates.map { $0.suspiciousParts.isEmpty } == [false, true])
        }
    }
}
