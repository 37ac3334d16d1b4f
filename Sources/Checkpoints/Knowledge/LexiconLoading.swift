import Foundation
import Lexicons

/// Finds and loads the lexicon at a path, whatever its form.
public enum LexiconLoading {
    /// The forms, by the names of command-line options.
    public enum Form: String, CaseIterable, Sendable {
        /// What `lexicon build` writes.
        case built
        /// A folder of WordNet's dict files.
        case wordNet = "wordnet"
        /// HowNet's records or its plain form.
        case howNet = "hownet"
        /// Tab-separated lines.
        case tsv
        /// JSON lines.
        case jsonl
    }

    /// What language a lexicon's words are in.
    public enum Language: String, CaseIterable, Sendable {
        /// Inflected forms are found by WordNet's rules, and its lists of exceptions where it is installed.
        case english
        /// Words of HowNet's records that are not the English ones.
        case chinese
        /// Any other: words are looked up as they stand.
        case other

        var lemmatizer: Lemmatizer? { self == .english ? .installedEnglish : nil }
    }

    /// The form of what is at `path`: a folder is WordNet, a file that begins as one is built, `.tsv` and `.jsonl` are
    /// tables, all else is taken for HowNet.
    public static func form(of path: String) -> Form {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return .wordNet }
        if LexiconFile.isLexicon(path) { return .built }
        switch URL(filePath: path).pathExtension {
        case "tsv": return .tsv
        case "jsonl": return .jsonl
        default: return .howNet
        }
    }

    /// The lexicon at `path`.
    ///
    /// - Parameter sememeCount: The size of WordNet's inventory of sememes.
    /// - Throws: `LexiconError`.
    public static func lexicon(
        at path: String,
        form: Form? = nil,
        language: Language? = nil,
        sememeCount: Int = 2000,
        badLines: BadLines = .refused
    ) throws(LexiconError) -> LoadedLexicon {
        switch form ?? self.form(of: path) {
        case .built: return LoadedLexicon(lexicon: try LexiconFile.lexicon(path), skipped: 0)
        case .wordNet: return try Lexicon.wordNet(path, sememeCount: sememeCount, badLines: badLines)
        case .tsv: return try Lexicon.table(path, lemmatizer: language?.lemmatizer, badLines: badLines)
        case .jsonl: return try Lexicon.jsonLines(path, lemmatizer: language?.lemmatizer, badLines: badLines)
        case .howNet:
            return Lexicon.hasHowNetRecords(path)
                ? try Lexicon.hownet(path, language: language == .chinese ? .chinese : .english, badLines: badLines)
                : try Lexicon.alternatingLines(path, badLines: badLines)
        }
    }
}
