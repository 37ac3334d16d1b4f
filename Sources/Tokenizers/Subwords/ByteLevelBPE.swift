extension BytePairModel {
    /// Byte-level BPE (GPT-2, LLaMA-3, Qwen): merging starts from bytes, so every text is covered.
    /// - Parameters:
    ///   - vocabulary: pieces as the bytes they stand for.
    ///   - merges: the pairs in the order of their ranks, as bytes.
    init(
        byteLevel vocabulary: Vocabulary,
        merges pairs: [MergePair],
        unknown: Int?,
        takesWholeWords: Bool,
        place: String
    ) throws(TokenizerError) {
        let bytes = (0..<256).map { byte in
            vocabulary.table.find([UInt8(byte)]).flatMap { vocabulary.isText($0) ? $0 : nil } ?? -1
        }
        let (table, products) = try MergeTable.ranked(pairs, vocabulary, prefix: [], place: place)
        self.init(
            vocabulary,
            firstSymbols: .bytes(bytes),
            unknown: UnknownText(id: unknown, byteTokens: nil, isFused: false),
            merges: table,
            products: products,
            takesWholeWords: takesWholeWords
        )
    }
}

/// Two pieces that merge.
struct MergePair: Hashable, Sendable {
    var left: [UInt8]
    var right: [UInt8]

    init(_ left: [UInt8], _ right: [UInt8]) {
        self.left = left
        self.right = right
    }

    /// The pair written `left right`: one space, not at either end. A piece may itself start with a space, hence the
    /// search from the second byte, as llama.cpp does it.
    init(line: some Collection<UInt8>, place: @autoclosure () -> String) throws(TokenizerError) {
        let bytes = Array(line)
        guard let space = bytes.dropFirst().firstIndex(of: 0x20), space + 1 < bytes.count else {
            throw .malformed(place(), "a merge is two pieces with one space between them")
        }
        self.init(Array(bytes[..<space]), Array(bytes[(space + 1)...]))
    }

    /// The pair with its pieces read in GPT-2's alphabet where they are written in it.
    var decodedByteLevel: MergePair {
        MergePair(ByteLevelAlphabet.decoded(left) ?? left, ByteLevelAlphabet.decoded(right) ?? right)
    }
}

extension MergeTable {
    /// The table of `pairs`, whose ranks are their positions, and the ids of their products.
    /// - Parameter prefix: what marks a piece inside a word; the product keeps only the left one's.
    static func ranked(
        _ pairs: [MergePair],
        _ vocabulary: Vocabulary,
        prefix: [UInt8],
        place: String
    ) throws(TokenizerError) -> (table: MergeTable, products: [Int]) {
        var table = MergeTable(capacity: pairs.count)
        var products: [Int] = []
        products.reserveCapacity(pairs.count)
        for (rank, pair) in pairs.enumerated() {
            guard let left = vocabulary.table.find(pair.left), let right = vocabulary.table.find(pair.right),
                let product = vocabulary.table.find(pair.left + pair.right.dropFirst(prefix.count))
            else {
                let text =
                    "\(String(decoding: pair.left, as: UTF8.self)) \(String(decoding: pair.right, as: UTF8.self))"
                throw .malformed("\(place) \(rank)", "\"\(text)\" needs a token that the vocabulary does not have")
            }
            let merge = Merge(rank: UInt32(truncatingIfNeeded: rank), product: UInt32(truncatingIfNeeded: product))
            table.insert(left, right, merge)
            products.append(product)
        }
        return (table, products)
    }
}
