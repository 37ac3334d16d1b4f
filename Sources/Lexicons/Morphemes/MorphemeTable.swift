import Foundation
import JSONText

/// Words with the morphemes that someone found in them.
public struct MorphemeTable: Sendable {
    /// The morphemes of each word, UTF-8.
    public private(set) var segments: [[UInt8]: [[UInt8]]] = [:]
    /// Lines that broke the format and were skipped.
    public private(set) var skipped = 0

    /// The forms of tables.
    public enum Form: String, CaseIterable, Sendable {
        /// SIGMORPHON 2022: word, tab, `first @@second @@third`, further columns.
        case sigmorphon
        /// MorphyNet's derivations: word, derived word, two parts of speech, the morpheme, `prefix` or `suffix`.
        case morphynetDerivations = "morphynet-derivations"
        /// MorphyNet's inflections: lemma, form, features, `first|second`.
        case morphynetInflections = "morphynet-inflections"
    }

    /// Reads the table at `path`; of several lines for a word the first one counts.
    ///
    /// Morphemes are taken as the table writes them: they may be dictionary forms (`happy` + `ness`) that do not join to
    /// the word.
    /// - Throws: for the first bad line, or, where `badLines` skips them, for a file without good ones.
    public init(_ path: String, form: Form, badLines: BadLines = .refused) throws(LexiconError) {
        var table: [[UInt8]: [[UInt8]]] = [:]
        var reader = try LineReader(path)
        skipped = try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            guard !line.isEmpty else { return }
            let fields = line.fields(0x09)
            let (word, parts) = try MorphemeTable.entry(fields, form, number)
            guard !word.isEmpty, !parts.isEmpty, !parts.contains(where: \.isEmpty) else {
                throw LexiconError.line(number, "an empty word or morpheme")
            }
            if table[word] == nil { table[word] = parts }
        }
        guard !table.isEmpty else {
            throw LexiconError(
                file: path,
                place: "file",
                cause: "it holds no word of the form \(form.rawValue)",
                remedy: "see that it is of the kind that was asked for"
            )
        }
        segments = table
    }

    private static func entry(
        _ fields: [ArraySlice<UInt8>],
        _ form: Form,
        _ number: Int
    ) throws(LexiconError) -> (word: [UInt8], parts: [[UInt8]]) {
        func require(_ count: Int) throws(LexiconError) {
            guard fields.count >= count else {
                throw LexiconError.line(number, "\(fields.count) columns, at least \(count) expected")
            }
        }
        switch form {
        case .sigmorphon:
            try require(2)
            let parts = fields[1].fields(0x20).filter { !$0.isEmpty }
            return (Array(fields[0]), parts.map { Array($0.starts(with: "@@".utf8) ? $0.dropFirst(2) : $0) })
        case .morphynetDerivations:
            try require(6)
            let (base, affix) = (Array(fields[0]), Array(fields[4]))
            switch fields[5].trimmed.text {
            case "prefix": return (Array(fields[1]), [affix, base])
            case "suffix": return (Array(fields[1]), [base, affix])
            default: throw LexiconError.line(number, "\"\(fields[5].text)\" is neither prefix nor suffix")
            }
        case .morphynetInflections:
            try require(4)
            let parts = fields[3].fields(UInt8(ascii: "|")).map { Array($0) }
            // A dash stands for a form that is not segmented.
            return (Array(fields[1]), parts == [[UInt8(ascii: "-")]] ? [Array(fields[1])] : parts)
        }
    }
}

/// A segmentation in MorphTE's JSON form: for each side of a translator, its morphemes and those of each token.
public struct MorphTESegmentation: Sendable {
    /// One side's vocabulary.
    public struct Side: Sendable {
        /// The morphemes.
        public var morphemes: [String]
        /// The tokens with their morphemes, in file order.
        public var tokens: [(token: String, morphemes: [String])]
    }

    /// `mor_set_src`, `word2mor_src`.
    public let source: Side
    /// `mor_set_tgt`, `word2mor_tgt`.
    public let target: Side

    /// The largest file that is read.
    static let largestFile = 1 << 28

    /// Reads the file at `path`.
    public init(_ path: String) throws(LexiconError) {
        func failure(_ place: String, _ cause: String) -> LexiconError {
            LexiconError(
                file: path,
                place: place,
                cause: cause,
                remedy: "name a segmentation that MorphTE's scripts wrote"
            )
        }
        let size = (try? URL(filePath: path).resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
        guard size <= MorphTESegmentation.largestFile else { throw failure("size", "\(size) bytes are too many") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw failure("opening", "it cannot be read")
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: Array(data))
        } catch {
            throw failure("byte \(error.offset)", error.cause)
        }
        func side(_ name: String) throws(LexiconError) -> Side {
            guard let list = json["mor_set_\(name)"]?.elements, let members = json["word2mor_\(name)"]?.members else {
                throw failure("word2mor_\(name)", "it or mor_set_\(name) is missing")
            }
            var tokens: [(token: String, morphemes: [String])] = []
            for member in members {
                let parts = member.value.elements?.compactMap(\.string) ?? []
                guard !parts.isEmpty, parts.count == member.value.elements?.count else {
                    throw failure("word2mor_\(name), \"\(member.key)\"", "no list of texts")
                }
                tokens.append((member.key, parts))
            }
            return Side(morphemes: list.compactMap(\.string), tokens: tokens)
        }
        (source, target) = try (side("src"), side("tgt"))
    }
}
