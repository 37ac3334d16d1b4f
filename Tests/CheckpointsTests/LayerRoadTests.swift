import Checkpoints
import Foundation
import TensorFile
import TestSupport
import Testing

/// Tables of factors alone, of a residual alone and of both, through every container.
@Suite struct LayerRoadTests {
    private struct Form {
        let factorization: Factorization
        let hasFactors: Bool
        let hasResidual: Bool
    }

    private static let forms = [
        Form(
            factorization: Factorization(order: 2, rank: 1, units: 4, residual: .none),
            hasFactors: true,
            hasResidual: false
        ),
        Form(factorization: Factorization(ratio: 4), hasFactors: false, hasResidual: true),
        Form(
            factorization: Factorization(ratio: 4, order: 2, rank: 1, units: 16),
            hasFactors: true,
            hasResidual: true
        ),
        Form(factorization: Factorization(maximumError: 0.2), hasFactors: false, hasResidual: true),
    ]

    @Test(arguments: forms.indices, [ContainerFormat.safetensors, .gguf, .npz])
    func layersKeepTheirBits(form: Int, format: ContainerFormat) throws {
        let form = Self.forms[form]
        try TestFiles.withTemporaryFolder { folder in
            let model = try RoadTests.makeModel(in: folder)
            let workspace = try RoadTests.makeWorkspace(of: model, in: folder)
            let result = try form.factorization.run(on: workspace) { _, _ in }[0]
            #expect((result.entry.factors != nil) == form.hasFactors)
            #expect((result.entry.residual != nil) == form.hasResidual)
            if form.factorization.ratio != nil {
                #expect(result.entry.byteRatio >= 4)
            } else if let bound = form.factorization.maximumError {
                #expect(result.relativeError <= bound)
            }
            let table = try result.entry.table(in: "")
            #expect(table.table.byteCount == result.entry.byteCount)
            let file = folder.appending(path: "factored.\(format.rawValue)").path
            try Export(workspace).writeFile(.factored, to: ContainerOutput(file), type: nil) { _ in }
            let description = try #require(try FactoredDescription(reading: Checkpoint(opening: file).source))
            let again = description.entries[0]
            #expect(again.residual == result.entry.residual)
            #expect(again.factors == result.entry.factors)
            #expect(try again.table(in: file).rows(0..<200) == table.rows(0..<200))
        }
    }

    @Test func aRatioBeyondTheFormatIsRefusedWithTheLeast() throws {
        try TestFiles.withTemporaryFolder { folder in
            let model = try RoadTests.makeModel(in: folder)
            let workspace = try RoadTests.makeWorkspace(of: model, in: folder)
            let error = #expect(throws: TensorFileError.self) {
                try Factorization(ratio: 100_000).run(on: workspace) { _, _ in }
            }
            #expect(error?.cause.contains("the least possible is") == true)
        }
    }
}
