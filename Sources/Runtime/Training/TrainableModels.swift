import Transformer

extension Translator {
    /// The model in training: all its numbers in float32, under the names of its files.
    public func trainable() -> TrainableTranslator {
        TrainableTranslator(model, family: architecture, tables: tables)
    }
}

extension SentenceEncoder {
    /// The encoder in training: all its numbers in float32, under the names of its files.
    public func trainable() -> TrainableEncoder {
        TrainableEncoder(encoder, names: names, pooling: pooling, normalises: normalises)
    }
}

extension LanguageModel {
    /// The decoder in training: all its numbers in float32, under the names of its files.
    ///
    /// - Parameter tiesHead: whether the head becomes the embedding, where files hold the same numbers under both names.
    public func trainable(tiesHead: Bool = false) -> TrainableDecoder {
        TrainableDecoder(decoder, names: names, isTied: isTied || tiesHead)
    }
}
