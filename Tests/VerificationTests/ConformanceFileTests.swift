import Checkpoints
import Foundation
import TensorFile
import TestSupport
import Testing
import Verification

/// Files that other programs wrote: every one in the reference data must be read wholly, or refused for what it is.
@Suite struct ConformanceFileTests {
    @Test(arguments: ["conformance/safetensors", "conformance/npy", "vocabularies"])
    func everyFileIsReadOrRefused(folder: String) throws {
        guard let folder = TestFiles.reference(folder) else { return }
        let endings = ContainerFormat.allCases.map(\.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { endings.contains($0.pathExtension) }
        #expect(!files.isEmpty)
        for file in files {
            // NumPy's own tests of arrays of Python objects: the data is a pickle.
            let isPickle = file.lastPathComponent.contains("objarr")
            do {
                let report = try StructureReport(of: file.path)
                #expect(!isPickle, "\(file.lastPathComponent) was read")
                #expect(report.tensors.allSatisfy { $0.digest != nil }, "\(file.lastPathComponent): \(report.findings)")
            } catch let error as TensorFileError {
                #expect(isPickle && error.kind == .unsupported, "\(error)")
            }
        }
    }
}
