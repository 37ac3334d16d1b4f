import Foundation
import TensorFile
import Transformer

/// A model of any family that this program runs, opened by what its files say it is.
public enum RunnableModel: Sendable {
    /// Continues texts.
    case language(LanguageModel)
    /// Turns texts into vectors.
    case encoder(SentenceEncoder)
    /// Translates texts.
    case translator(Translator)

    /// Opens what is at `path`.
    public init(opening path: String, tables: TableForm = .automatic) throws {
        // Files of llama2.c say nothing of their kind.
        guard !path.hasSuffix(".bin") else {
            self = .language(try LanguageModel(opening: path, tables: tables))
            return
        }
        let opened = try OpenedModel(opening: path, tables: tables)
        let type = opened.configuration.modelType ?? ""
        if EncoderArchitecture.named(type) != nil {
            self = .encoder(try SentenceEncoder(opened))
        } else if TranslatorArchitecture.named(type) != nil {
            self = .translator(try Translator(opened))
        } else if type.isEmpty || DecoderArchitecture.named(type) != nil {
            self = .language(try LanguageModel(opened))
        } else {
            let known =
                DecoderArchitecture.all.flatMap(\.modelTypes) + EncoderArchitecture.all.flatMap(\.modelTypes)
                + TranslatorArchitecture.all.flatMap(\.modelTypes)
            throw TensorFileError(
                .unsupported,
                file: path,
                place: "model type",
                cause: "\"\(type)\" is no model that this program runs",
                remedy: "known are \(known.joined(separator: ", "))"
            )
        }
    }
}
