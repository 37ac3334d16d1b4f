import JSONText
import TensorFile

extension OutputFile {
    /// Writes a report, in place of an older one; it appears complete or not at all.
    static func write(_ text: String, to path: String) throws {
        let file = try OutputFile(path, replacing: true)
        try file.append(Array(text.utf8))
        try file.commit()
    }

    /// Writes `json` as a report, where a file is named; `-` stands for the standard output, which is the caller's.
    static func write(_ json: @autoclosure () -> JSONValue, to path: String?) throws {
        if let path, path != "-" { try write(json().text(.indented) + "\n", to: path) }
    }
}
