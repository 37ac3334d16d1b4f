/// Splits a text into words before the subword algorithm: no token crosses a word's end.
protocol PreTokenizer: Sendable {
    /// Replaces the words of `text` by finer ones; some pre-tokenizers also change its bytes.
    func split(_ text: inout SplitText)
}

/// A text and its words.
struct SplitText {
    /// The text as UTF-8.
    var bytes: [UInt8]
    /// Ranges of `bytes`, in order, none of them empty.
    var words: [Range<Int>]
    /// Whether the text is the beginning of what is encoded, not what follows an added token.
    let isBeginning: Bool

    /// The whole text as one word.
    init(_ bytes: [UInt8], isBeginning: Bool) {
        self.bytes = bytes
        self.isBeginning = isBeginning
        words = bytes.isEmpty ? [] : [bytes.indices]
    }

    /// Rewrites every word by `append`, which adds the new bytes of a word to the text that replaces this one.
    mutating func rewriteWords(_ append: (_ old: Span<UInt8>, _ word: Range<Int>, _ new: inout [UInt8]) -> Void) {
        var new: [UInt8] = []
        new.reserveCapacity(bytes.count + bytes.count / 2)
        for index in words.indices {
            let start = new.count
            append(bytes.span, words[index], &new)
            words[index] = start..<new.count
        }
        bytes = new
        words.removeAll { $0.isEmpty }
    }
}

/// One pre-tokenizer after the other.
struct PreTokenizerSequence: PreTokenizer {
    var steps: [any PreTokenizer]

    func split(_ text: inout SplitText) {
        for step in steps { step.split(&text) }
    }
}

/// The splitting of byte-level BPE: a space in front where asked for, then a pattern.
struct ByteLevelSplit: PreTokenizer {
    var addsPrefixSpace: Bool
    /// nil leaves the words as they are.
    var pattern: PatternSplit?

    func split(_ text: inout SplitText) {
        if addsPrefixSpace {
            text.rewriteWords { old, word, new in
                if old[word.lowerBound] != 0x20 { new.append(0x20) }
                for index in word { new.append(old[index]) }
            }
        }
        pattern?.split(&text)
    }
}

/// Writes bytes in GPT-2's alphabet, or reads them back.
///
/// In Hugging Face's tokenizers whatever follows a byte-level step sees that alphabet, in which some bytes of other
/// characters look like digits or letters (Falcon's digit splitting takes `½` apart for that reason).
enum ByteLevelSpelling: PreTokenizer {
    case writing, reading

    func split(_ text: inout SplitText) {
        let scalars = ByteLevelAlphabet.scalars
        text.rewriteWords { old, word, new in
            var offset = word.lowerBound
            while offset < word.upperBound {
                switch self {
                case .writing:
                    new.append(scalar: scalars[Int(old[offset])])
                    offset += 1
                case .reading:
                    let scalar = old.scalar(at: offset)
                    new.append(ByteLevelAlphabet.byte(scalar.value) ?? 0)
                    offset += scalar.length
                }
            }
        }
    }
}

/// SentencePiece's view of words: spaces become U+2581 (or another mark), and every mark begins a word.
struct MetaspaceSplit: PreTokenizer {
    /// Where a mark is put in front of a text that does not start with one.
    enum Prepending: String, Sendable {
        case first, never, always
    }

    var mark: [UInt8]
    var prepending: Prepending
    /// Whether marks begin words; if not, the text stays whole.
    var splits: Bool

    func split(_ text: inout SplitText) {
        let isBeginning = text.isBeginning
        text.rewriteWords { old, word, new in
            let prepends = prepending == .always || prepending == .first && isBeginning && word.lowerBound == 0
            if prepends, old[word.lowerBound] != 0x20, !old.hasPrefix(mark, at: word.lowerBound) { new += mark }
            for index in word {
                if old[index] == 0x20 { new += mark } else { new.append(old[index]) }
            }
        }
        guard splits else { return }
        let source = text.bytes
        let bytes = source.span
        var words: [Range<Int>] = []
        for word in text.words {
            var start = word.lowerBound
            var offset = start + 1
            while offset < word.upperBound {
                if bytes[offset] == mark.first, bytes.hasPrefix(mark, at: offset) {
                    words.append(start..<offset)
                    start = offset
                }
                offset += 1
            }
            words.append(start..<word.upperBound)
        }
        text.words = words
    }
}

/// BERT's words: white space goes, punctuation marks stand alone.
struct BertSplit: PreTokenizer {
    func split(_ text: inout SplitText) {
        let source = text.bytes
        let bytes = source.span
        let classes = ScalarClass.Table()
        var words: [Range<Int>] = []
        words.reserveCapacity(bytes.count / 4)
        for word in text.words {
            var start = word.lowerBound
            var offset = start
            while offset < word.upperBound {
                let scalar = bytes.scalar(at: offset)
                let end = offset + scalar.length
                let isSpace = classes[scalar.value].contains(.space)
                if isSpace || classes.isPunctuation(scalar.value) {
                    if start < offset { words.append(start..<offset) }
                    if !isSpace { words.append(offset..<end) }
                    start = end
                }
                offset = end
            }
            if start < word.upperBound { words.append(start..<word.upperBound) }
        }
        text.words = words
    }
}
