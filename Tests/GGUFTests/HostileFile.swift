import TensorFile
import Testing

/// A file that must be refused, and how.
struct HostileFile: CustomTestStringConvertible, Sendable {
    let id: String
    let bytes: [UInt8]
    let kind: TensorFileError.Kind
    let words: String
    /// True where lenient reading takes the file.
    let isTolerable: Bool

    init(
        _ id: String,
        _ bytes: [UInt8],
        _ kind: TensorFileError.Kind,
        _ words: String,
        isTolerable: Bool = false
    ) {
        self.id = id
        self.bytes = bytes
        self.kind = kind
        self.words = words
        self.isTolerable = isTolerable
    }

    /// A file that `change` makes from an empty one.
    init(
        _ id: String,
        _ kind: TensorFileError.Kind,
        _ words: String,
        isTolerable: Bool = false,
        _ change: (inout GGUFBytes) -> Void
    ) {
        var file = GGUFBytes()
        change(&file)
        self.init(id, file.bytes, kind, words, isTolerable: isTolerable)
    }

    var testDescription: String { id }
}
