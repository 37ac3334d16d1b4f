import TensorFile

extension OutputFile {
    /// Writes a report, in place of an older one; it appears complete or not at all.
    static func write(_ text: String, to path: String) throws {
        let file = try OutputFile(path, replacing: true)
        try file.append(Array(text.utf8))
        try file.commit()
    }
}
