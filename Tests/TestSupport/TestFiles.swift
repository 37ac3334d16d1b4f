import Foundation

/// Where tests find and leave files.
public enum TestFiles {
    /// The root of the checkout, found from this file's own path.
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The optional folder of large reference data: `SEECONV_TEST_DATA`, or `shared/data` beside the checkout.
    public static let referenceData: URL? = {
        let named = ProcessInfo.processInfo.environment["SEECONV_TEST_DATA"].map { URL(filePath: $0) }
        let folder = named ?? root.deletingLastPathComponent().appending(path: "shared/data")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// The file `path` of the reference data; nil, with a printed word, where it is not there.
    public static func reference(_ path: String) -> URL? {
        guard let file = referenceData?.appending(path: path), FileManager.default.fileExists(atPath: file.path) else {
            print("skipped: reference data \(path) is not here (set SEECONV_TEST_DATA)")
            return nil
        }
        return file
    }

    /// Runs `body` with a fresh folder that is removed afterwards.
    public static func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "seeconv-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}
