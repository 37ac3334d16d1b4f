/// Byte-pair encoding (Sennrich et al. 2016): a word falls into symbols, and neighbouring symbols merge in the order of
/// their ranks.
struct BytePairModel: SubwordModel {
    let vocabulary: Vocabulary
    let firstSymbols: FirstSymbols
    let unknown: UnknownText
    let merges: MergeTable
    /// Whether a word that is itself a token becomes it without merging (`ignore_merges`).
    let takesWholeWords: Bool
    /// The parts of merged symbols that must not stand in the result (unused pieces of SentencePiece).
    let parts: [UInt32: (UInt32, UInt32)]
    /// Whether no merge crosses from another character to U+2581, so that such words can be merged one by one.
    private let breaksAtMetaspace: Bool
    /// Merged tokens in the order in which they first come about.
    let frequencyEvidence: FrequencyEvidence
    private let idle = IdleScratches()

    init(
        _ vocabulary: Vocabulary,
        firstSymbols: FirstSymbols,
        unknown: UnknownText,
        merges: MergeTable,
        products: some Sequence<Int>,
        takesWholeWords: Bool = false,
        parts: [UInt32: (UInt32, UInt32)] = [:]
    ) {
        self.vocabulary = vocabulary
        self.firstSymbols = firstSymbols
        self.unknown = unknown
        self.merges = merges
        self.takesWholeWords = takesWholeWords
        self.parts = parts
        var seen: Set<Int> = []
        frequencyEvidence = .ranking(products.filter { seen.insert($0).inserted })
        if case .characters = firstSymbols, !takesWholeWords, vocabulary.table.find(.metaspace) != nil {
            breaksAtMetaspace = !products.contains { BytePairModel.hasInnerMetaspace(vocabulary.piece($0)) }
        } else {
            breaksAtMetaspace = false
        }
    }

    func encode(_ text: [UInt8], words: [Range<Int>], into ids: inout [Int]) {
        var scratch = idle.take()
        let bytes = text.span
        for word in words {
            guard breaksAtMetaspace else {
                encode(bytes, word, &scratch, into: &ids)
                continue
            }
            var start = word.lowerBound
            while start < word.upperBound {
                let end = BytePairModel.endOfMetaspaceWord(bytes, start..<word.upperBound)
                encode(bytes, start..<end, &scratch, into: &ids)
                start = end
            }
        }
        idle.give(scratch)
    }

    private func encode(_ text: Span<UInt8>, _ word: Range<Int>, _ scratch: inout Scratch, into ids: inout [Int]) {
        guard word.count <= WordCache.longestWord else {
            merge(text, word, &scratch.merging, into: &ids)
            return
        }
        let hash = scratch.cache.hash(text, word)
        if scratch.cache.append(text, word, hash: hash, to: &ids) { return }
        let start = ids.count
        merge(text, word, &scratch.merging, into: &ids)
        scratch.cache.insert(text, word, hash: hash, ids[start...])
    }

    private func merge(
        _ text: Span<UInt8>,
        _ word: Range<Int>,
        _ merging: inout BytePairMerging,
        into ids: inout [Int]
    ) {
        if takesWholeWords, let id = vocabulary.table.find(text, word), vocabulary.isText(id) {
            ids.append(id)
            return
        }
        merging.symbols.removeAll(keepingCapacity: true)
        firstSymbols.append(text, word, unknown: unknown, to: &merging.symbols)
        merging.merge(by: merges)
        if parts.isEmpty {
            for symbol in merging.symbols { ids.append(Int(symbol)) }
        } else {
            for symbol in merging.symbols { appendParts(of: symbol, to: &ids) }
        }
    }

    private func appendParts(of symbol: UInt32, to ids: inout [Int]) {
        var pending = [symbol]
        while let symbol = pending.popLast() {
            if let (left, right) = parts[symbol] {
                pending += [right, left]
            } else {
                ids.append(Int(symbol))
            }
        }
    }

    /// Whether U+2581 follows another character somewhere in `piece`.
    private static func hasInnerMetaspace(_ piece: ArraySlice<UInt8>) -> Bool {
        var rest = piece
        while rest.starts(with: [UInt8].metaspace) { rest = rest.dropFirst(3) }
        let inner = Array(rest)
        return inner.indices.contains { inner.span.hasPrefix(.metaspace, at: $0) }
    }

    /// The end of the first word of `text[range]`: before the first U+2581 that follows another character.
    @inline(__always)
    private static func endOfMetaspaceWord(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
        var end = range.lowerBound
        var isInside = false
        while end < range.upperBound {
            if text[end] == 0xE2, text.hasPrefix(.metaspace, at: end) {
                if isInside { return end }
                end += 3
            } else {
                isInside = true
                end += 1
            }
        }
        return range.upperBound
    }

    /// Buffers of one call, kept with their cache for the next.
    struct Scratch: Sendable {
        var cache = WordCache()
        var merging = BytePairMerging()
    }
}
