import Lexicons
import TensorFile
import Tokenizers

/// What is known of the tokens of a table: an analysis of each row.
public struct VocabularyKnowledge: Sendable {
    /// The tokens; rows past them have no text.
    public let vocabulary: Vocabulary
    /// The analyser, with its lexicons.
    public let analyzer: TokenAnalyzer
    /// One analysis a row.
    public let analyses: [TokenAnalysis]
    /// What a user should hear: which lexicons are used, and why.
    public let notes: [String]

    /// Analyses the rows of a table of `rowCount` rows.
    ///
    /// - Parameters:
    ///   - lexicons: Paths of lexicons; where there is none, WordNet if it is installed, else morphemes alone.
    /// - Throws: `TokenizerError`, `LexiconError`.
    public init(vocabulary: Vocabulary, lexicons paths: [String], rowCount: Int) throws {
        var notes: [String] = []
        var lexicons: [Lexicon] = []
        var sources = paths
        if paths.isEmpty {
            if let installed = Lexicon.installedWordNet {
                sources = [installed]
                notes.append("lexicon: WordNet in \(installed)")
            } else {
                notes.append(
                    "lexicon: none is named and WordNet is not installed (Debian: wordnet-base), so morphemes alone are used"
                )
            }
        }
        for path in sources { lexicons.append(try LexiconLoading.lexicon(at: path).lexicon) }
        let analyzer = try TokenAnalyzer(lexicons: lexicons, trainingOn: vocabulary)
        self.vocabulary = vocabulary
        self.analyzer = analyzer
        self.notes = notes
        let empty = TokenForm.placeholder
        analyses = (0..<rowCount).map { row in
            row < vocabulary.count
                ? analyzer.analysis(of: row, in: vocabulary) : analyzer.analysis(of: empty)
        }
    }

    /// Analyses the rows of `table` of a workspace.
    ///
    /// - Throws: also where the source has no tokenizer.
    public init(_ workspace: Workspace, lexicons: [String], rowCount: Int) throws {
        guard let tokenizer = try workspace.openTokenizer() else {
            throw TensorFileError(
                .missing,
                file: workspace.sourcePath,
                place: "tokenizer",
                cause: "knowledge of tokens needs their texts, and the source has no tokenizer",
                remedy: "import the model's folder, or say --codes learned"
            )
        }
        try self.init(vocabulary: tokenizer.vocabulary, lexicons: lexicons, rowCount: rowCount)
    }

    /// The unit tuples of the rows.
    public func tuples(frequencies: TokenFrequencies, _ options: UnitComposer.Options) -> UnitTuples {
        UnitComposer.tuples(
            of: analyses,
            segmenter: analyzer.segmenter,
            frequencies: frequencies.probabilities,
            options
        )
    }
}
