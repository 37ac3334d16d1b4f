/// The pre-tokenizers that GGUF files name (`tokenizer.ggml.pre`), with llama.cpp's patterns.
struct GGUFPreTokenizer: Sendable {
    var split: any PreTokenizer
    /// Whether a word that is a token becomes it without merging.
    var takesWholeWords = false
    /// Whether the beginning token is added where the file does not say.
    var addsBeginning = false
    /// Whether the separator is added.
    var addsSeparator = false

    private static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#
    private static let llama3Words = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"#
    private static let llama3Rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    private static let o200kRest = #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static func o200k(_ contraction: String, _ digits: String) -> String {
        #"[^\r\n\p{L}\p{N}]?"# + upper + "*" + lower + "+" + contraction + #"|[^\r\n\p{L}\p{N}]?"# + upper + "+" + lower
            + "*" + contraction + "|" + digits + o200kRest
    }

    /// The pre-tokenizer called `name`; a file without a name gets llama.cpp's default.
    init(named name: String?) throws(TokenizerError) {
        let patterns: [String]
        switch name ?? "default" {
        case "default":
            patterns = [#"[\p{P}\$\+<=>\^~\|]+"#, GGUFPreTokenizer.gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"]
        case "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "gigachat", "a.x-4.0", "mellum",
            "modern-bert", "mpt", "olmo", "jais", "exaone4", "trillion", "granite-docling":
            patterns = [GGUFPreTokenizer.gpt2]
        case "jina-v1-en", "jina-v2-code", "roberta-bpe":
            patterns = [GGUFPreTokenizer.gpt2]
            addsSeparator = true
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano":
            patterns = [GGUFPreTokenizer.llama3Words + #"\p{N}{1,3}"# + GGUFPreTokenizer.llama3Rest]
            takesWholeWords = true
            addsBeginning = true
        case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
            patterns = [GGUFPreTokenizer.llama3Words + #"\p{N}{1,3}"# + GGUFPreTokenizer.llama3Rest]
        case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2", "kormo", "f2llmv2":
            patterns = [GGUFPreTokenizer.llama3Words + #"\p{N}"# + GGUFPreTokenizer.llama3Rest]
        case "qwen35":
            patterns = [
                #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"#
                    + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
            ]
        case "falcon":
            patterns = [#"[\p{P}\$\+<=>\^~\|`]+"#, GGUFPreTokenizer.gpt2, "[0-9][0-9][0-9]"]
        case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2":
            patterns = [#"\p{N}"#, GGUFPreTokenizer.gpt2]
        case "deepseek-coder":
            patterns = [#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-퟿]+", #"\p{N}"#]
        case "deepseek-v3", "hunyuan-dense", "joyai-llm":
            patterns = [
                #"\p{N}{1,3}"#, "[一-龥぀-ゟ゠-ヿ]+",
                ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"##
                    + #" ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            ]
        case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2":
            patterns = [GGUFPreTokenizer.o200k("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", #"\p{N}{1,3}"#)]
        case "tekken":
            patterns = [GGUFPreTokenizer.o200k("", #"\p{N}"#)]
            takesWholeWords = true
            addsBeginning = true
        case "poro-chat", "bloom", "gpt3-finnish": patterns = [#" ?[^(\s|.,!?…。，、।۔،)]+"#]
        case "viking": patterns = [#" ?[^(\s|.,!?…。，、।۔،)]+"#, #"\p{N}"#]
        default:
            throw .unsupported("tokenizer.ggml.pre", "the pre-tokenizer \"\(name ?? "")\" is not known")
        }
        var steps: [any PreTokenizer] = []
        for text in patterns {
            steps.append(PatternSplit(pattern: try KnownPatterns.pattern(text, place: "tokenizer.ggml.pre")))
        }
        split = steps.count == 1 ? steps[0] : PreTokenizerSequence(steps: steps)
    }
}
