import ArgumentParser
import Foundation
import JSONText
import Runtime
import Synchronization
import TensorFile

extension EvalCommand {
    /// Translates `source` and scores the result against `reference`.
    func measureBLEU(source: String, reference: String) throws {
        var translator = try Translator(opening: model, tables: tables.form)
        search.apply(to: &translator)
        let tokenizer = try translator.tokenizer(at: search.tokenizer)
        let (lines, wanted) = (try Self.lines(of: source), try Self.lines(of: reference))
        guard lines.count == wanted.count, !lines.isEmpty else {
            throw TensorFileError(
                .mismatch,
                file: reference,
                place: "lines",
                cause: "\(wanted.count) references for \(lines.count) sentences of \(source)",
                remedy: "name files of as many lines, at least one"
            )
        }
        for (number, line) in wanted.enumerated() where String(validating: line, as: UTF8.self) == nil {
            throw TensorFileError(
                .malformed,
                file: reference,
                place: "line \(number + 1)",
                cause: "the text is not UTF-8",
                remedy: "convert the text to UTF-8"
            )
        }
        let done = Mutex(0)
        let isQuiet = common.quiet
        let translations = try translator.translate(lines, by: tokenizer, batch: search.batch, file: source) { count in
            let total = done.withLock { done in
                done += count
                return done
            }
            if !isQuiet, !Terminal.isInteractive, total == lines.count { Terminal.note("translated \(total) lines") }
        }
        var bleu = BLEU()
        for (translation, reference) in zip(translations, wanted) {
            bleu.add(translation, reference: String(decoding: reference, as: UTF8.self))
        }
        if json {
            let object: JSONValue = [
                "bleu": .number(bleu.score), "precisions": .array(bleu.precisions.map { .number($0) }),
                "brevityPenalty": .number(bleu.brevityPenalty), "sentences": .integer(lines.count),
                "beams": .integer(translator.options.beams),
                "signature": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp",
            ]
            print(object.text(.indented))
        } else {
            let precisions = bleu.precisions.map { Format.decimal($0, places: 1) }.joined(separator: "/")
            print(
                "BLEU \(Format.decimal(bleu.score, places: 2)) (\(precisions), brevity "
                    + "\(Format.decimal(bleu.brevityPenalty, places: 3))) over \(Format.count(lines.count)) sentences, "
                    + "beam \(translator.options.beams)"
            )
        }
    }

    /// Compares the encoder's vectors of the lines of `path` with those of `teacher`.
    func measureSimilarity(_ path: String, teacher: String) throws {
        let lines = try Self.lines(of: path).filter { !$0.isEmpty }
        guard lines.count >= 2 else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "lines",
                cause: "\(lines.count) sentences; two are needed to compare any",
                remedy: "give a sentence a line"
            )
        }
        let vectors = try [model, teacher].map { model in
            let encoder = try SentenceEncoder(opening: model, tables: tables.form)
            let reader = try SentenceReader(encoder, tokenizer: model == self.model ? search.tokenizer : nil)
            return try encoder.vectors(of: reader.tokens(of: lines, file: path).tokens)
        }
        let agreement = EncoderAgreement(vectors[0], teacher: vectors[1])
        func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
        if json {
            let object: JSONValue = [
                "sentences": .integer(agreement.sentences), "meanCosine": number(agreement.meanCosine),
                "p01Cosine": number(agreement.lowCosine), "minCosine": number(agreement.leastCosine),
                "pairCorrelation": number(agreement.correlation),
                "nearestAgreement": .number(agreement.nearestAgreement),
                "neighboursKept": .number(agreement.neighboursKept),
            ]
            print(object.text(.indented))
            return
        }
        func words(_ value: Double?) -> String { value.map { Format.decimal($0, places: 6) } ?? "–" }
        print("sentences:            \(Format.count(agreement.sentences))")
        print("cosine to teacher:    mean \(words(agreement.meanCosine)), 1 % below \(words(agreement.lowCosine))")
        print("correlation of pairs: \(words(agreement.correlation))")
        print("same nearest:         \(Format.decimal(100 * agreement.nearestAgreement, places: 2)) %")
        print("ten nearest kept:     \(Format.decimal(100 * agreement.neighboursKept, places: 2)) %")
    }

    /// Writes scores and hidden states of a model of any family.
    func writeLogits(_ ids: String, to output: String) throws {
        func refuse(_ option: String, _ family: String) throws {
            throw ValidationError("\(option) is for other models than \(family).")
        }
        switch try RunnableModel(opening: model, tables: tables.form) {
        case .language(let model):
            for (option, value) in [("--mask", mask), ("--decoder-ids", decoderIDs), ("--token-types", tokenTypes)]
            where value != nil { try refuse(option, "decoders") }
            let (shape, tokens) = try LogitsExport.tokens(at: ids)
            try LogitsExport(model.decoder).write(tokens, shape: shape, to: output, replacing: force)
            report(output, "logits", layers: model.decoder.shape.layerCount, tokens: tokens.count)
        case .encoder(let model):
            if decoderIDs != nil { try refuse("--decoder-ids", "encoders") }
            let export = try export(ids)
            try export.write(model, to: output, replacing: force)
            let arrays = model.head == nil ? "encoder_last" : "logits, encoder_last"
            report(output, arrays, layers: model.encoder.shape.layerCount, tokens: export.tokenCount)
        case .translator(let model):
            if tokenTypes != nil { try refuse("--token-types", "translators") }
            guard let decoderIDs else { throw ValidationError("A translator's scores need --decoder-ids IDS.npy.") }
            let target = try EncoderLogitsExport.Rows(at: decoderIDs)
            try export(ids).write(model, target: target, to: output, replacing: force)
            let layers = model.model.shape.layerCount
            report(output, "logits, encoder_last", layers: layers, tokens: target.values.count)
        }
    }

    private func report(_ output: String, _ arrays: String, layers: Int, tokens: Int) {
        print("\(output): \(arrays) and \(layers + 1) hidden states of \(tokens) tokens")
    }

    private func export(_ ids: String) throws -> EncoderLogitsExport {
        try EncoderLogitsExport(
            EncoderLogitsExport.Rows(at: ids),
            mask: mask.map { try EncoderLogitsExport.Rows(at: $0) },
            types: tokenTypes.map { try EncoderLogitsExport.Rows(at: $0) }
        )
    }

    private static func lines(of path: String) throws -> [[UInt8]] {
        let file = try InputFile(path)
        return UTF8Line.lines(of: try file.bytes(at: 0, count: file.size))
    }
}
