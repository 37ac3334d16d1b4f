import GGUF
import TensorFile
import TestSupport
import Testing

@Suite struct TokenizerSectionTests {
    /// A SentencePiece vocabulary of four tokens, one of them a byte.
    private func metadata(_ change: (inout GGUFMetadata) -> Void = { _ in }) -> GGUFMetadata {
        var metadata = GGUFMetadata()
        metadata[.tokenizerModel] = .text("llama")
        metadata[.tokens] = .texts(["<unk>", "<s>", "<0x0a>", "a"])
        metadata[.scores] = .array(GGUFArray([Float(0), 0, 0, -1.5]))
        metadata[.tokenTypes] = .array(GGUFArray([Int32(2), 3, 6, 1]))
        metadata[.bosTokenID] = .uint32(1)
        change(&metadata)
        return metadata
    }

    @Test func aRegularSection() throws {
        let section = try #require(
            try GGUFTokenizerSection(
                metadata {
                    $0[.merges] = .array(GGUFArray([UInt8]()))
                    $0[.seperatorTokenID] = .uint32(3)
                    $0[.separatorTokenID] = .uint32(2)
                    $0[.paddingTokenID] = .uint32(.max)
                    $0[.maskTokenID] = .int32(-1)
                }
            )
        )
        #expect(section.model == "llama")
        #expect(section.pre == nil)
        #expect(section.tokens.map(\.text) == ["<unk>", "<s>", "<0x0a>", "a"])
        #expect(section.scores == [0, 0, 0, -1.5])
        #expect(section.types == [2, 3, 6, 1])
        #expect(section.merges?.count == 0)
        #expect(section.specialTokens == [.bosTokenID: 1, .seperatorTokenID: 3, .separatorTokenID: 2])
        // The misspelt key is the one that files use.
        #expect(section.separatorTokenID == 3)
        #expect(section.findings.isEmpty)
    }

    @Test func filesWithoutTokenizerHaveNoSection() throws {
        #expect(try GGUFTokenizerSection(GGUFMetadata()) == nil)
        for model in ["none", "no_vocab"] {
            let section = try GGUFTokenizerSection(metadata { $0[.tokenizerModel] = .text(model) })
            #expect(section == nil)
        }
    }

    @Test func contradictionsAreRefused() throws {
        let cases: [(String, TensorFileError.Kind, String, (inout GGUFMetadata) -> Void)] = [
            ("no tokens", .missing, "has no tokens", { $0[.tokens] = nil }),
            ("G28 scores", .mismatch, "3 entries for 4 tokens", { $0[.scores] = .array(GGUFArray([Float(0), 0, 0])) }),
            ("G28 types", .mismatch, "1 entries for 4", { $0[.tokenTypes] = .array(GGUFArray([Int32(1)])) }),
            ("scores as texts", .mismatch, "right numbers", { $0[.scores] = .texts(["a", "b", "c", "d"]) }),
            (
                "types as floats", .mismatch, "right numbers",
                { $0[.tokenTypes] = .array(GGUFArray([Float](repeating: 1, count: 4))) }
            ),
            ("G28 merges", .mismatch, "no array of strings", { $0[.merges] = .array(GGUFArray([Int32(1)])) }),
            ("tokens as text", .mismatch, "no array of strings", { $0[.tokens] = .text("a") }),
            ("model as number", .mismatch, "not a text", { $0[.tokenizerModel] = .uint32(1) }),
            (
                "type 7", .value, "token 3 is outside 1 to 6",
                { $0[.tokenTypes] = .array(GGUFArray([Int32(2), 3, 6, 7])) }
            ),
            ("NaN", .value, "score of token 1", { $0[.scores] = .array(GGUFArray([0, Float.nan, 0, 0])) }),
            ("id as text", .mismatch, "string is no integer", { $0[.eosTokenID] = .text("1") }),
        ]
        for (what, kind, words, change) in cases {
            let error = failure { _ = try GGUFTokenizerSection(metadata(change)) }
            #expect(error?.kind == kind, "\(what)")
            #expect(error?.cause.contains(words) == true, "\(what): \(error?.description ?? "accepted")")
        }
    }

    // G29
    @Test(arguments: ["-1", "<0x-1>", "<0xG0>", "<0x0a", "<0x0a>>", "", "<0x\u{661}>"])
    func byteTokensMustBeHexadecimal(text: String) {
        let error = failure {
            _ = try GGUFTokenizerSection(metadata { $0[.tokens] = .texts(["<unk>", "<s>", text, "a"]) })
        }
        #expect(error?.kind == .value)
        #expect(error?.cause.contains("the byte token 2") == true)
    }

    @Test func specialTokensOutsideTheVocabularyAreIgnoredWithAWarning() throws {
        let section = try GGUFTokenizerSection(metadata { $0[.eosTokenID] = .uint32(4) })
        #expect(section?.specialTokens == [.bosTokenID: 1])
        #expect(section?.findings.map(\.text) == ["id 4 is outside the vocabulary of 4 tokens and ignored"])
    }

    // G32
    @Test func chatTemplatesAreShownAndFlagged() throws {
        var file = GGUFBytes()
        let attack = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
        let plain = "{% for m in messages %}{{ m['content'] }}<__media__>{% endfor %}"
        file.add("tokenizer.chat_template", plain)
        file.add("tokenizer.chat_template.tool_use", attack)
        file.add("tokenizer.chat_template.filter", "{{ request|attr('x') }}")
        file.add("tokenizer.chat_template.huge", String(repeating: "x", count: GGUFLimit.chatTemplateBytes + 1))
        file.add("tokenizer.chat_templates", strings: [Array("tool_use".utf8)])
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path)
            let templates = source.chatTemplates
            #expect(templates.map(\.name) == ["", "tool_use", "filter", "huge"])
            #expect(templates[1].source == GGUFString(attack))
            #expect(templates[0].suspiciousParts == [])
            #expect(templates[1].suspiciousParts == [".__"])
            let findings = try source.structureFindings()
            #expect(
                findings.map(\.place) == ["tool_use", "filter", "huge"].map { "key tokenizer.chat_template.\($0)" }
            )
        }
    }
}
