import JSONText

extension TokenizationPipeline {
    /// Gives tokens the roles that a `tokenizer_config.json` or `special_tokens_map.json` names (`bos_token` and so on).
    /// Names that the vocabulary does not have are passed over, as are roles already taken.
    /// - Parameters:
    ///   - configuration: the bytes of the file.
    ///   - file: its name for messages.
    public mutating func assignRoles(from configuration: [UInt8], file: String = "") throws(TokenizerError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: configuration)
        } catch {
            throw TokenizerJSON.tokenizerError(error).inFile(file)
        }
        let keys: [(String, WritableKeyPath<SpecialTokens, Int?>)] = [
            ("bos_token", \.beginning), ("eos_token", \.end), ("unk_token", \.unknown), ("pad_token", \.padding),
            ("sep_token", \.separator), ("cls_token", \.classification), ("mask_token", \.mask),
        ]
        for (key, role) in keys where vocabulary.specialTokens[keyPath: role] == nil {
            let name = value[key]?.string ?? value[key]?["content"]?.string
            vocabulary.specialTokens[keyPath: role] = name.flatMap { vocabulary.table.find(Array($0.utf8)) }
        }
    }

    /// Sets what `EncodingOptions.addsSpecialTokens` puts around a text, where its source does not say (a bare
    /// SentencePiece model): the beginning token in front, the end token behind.
    public mutating func addSpecialTokens(beginning: Bool, end: Bool) {
        prefix = beginning ? [vocabulary.specialTokens.beginning].compactMap(\.self) : []
        suffix = end ? [vocabulary.specialTokens.end].compactMap(\.self) : []
    }
}
