/// The arithmetic of MorphTE: its published counts of parameters from vocabulary, morphemes, order and rank.
public struct MorphTEForm: Hashable, Sendable {
    /// Tokens of the vocabulary.
    public var tokens: Int
    /// Morphemes, those for special tokens and padding included.
    public var morphemes: Int
    /// Morphemes of a token.
    public var order: Int
    /// Tables of morphemes whose products are summed.
    public var rank: Int
    /// Numbers of a token's vector.
    public var dimension: Int

    /// A form of the given sizes.
    public init(tokens: Int, morphemes: Int, order: Int, rank: Int, dimension: Int) {
        (self.tokens, self.morphemes, self.order, self.rank, self.dimension) = (
            tokens, morphemes, order, rank, dimension
        )
    }

    /// The form of one side of a segmentation, as fairseq numbers it: its dictionary adds four special tokens and fills up
    /// to a multiple of eight, each added token is a morpheme of its own, and three more morphemes serve as padding and
    /// for what is unknown.
    public init(_ side: MorphTESegmentation.Side, order: Int, rank: Int, dimension: Int) {
        let tokens = (side.tokens.count + 4 + 7) / 8 * 8
        let morphemes = side.morphemes.count + tokens - side.tokens.count + 3
        self.init(tokens: tokens, morphemes: morphemes, order: order, rank: rank, dimension: dimension)
    }

    /// Numbers of a morpheme's vector: the least q with q^order ≥ dimension.
    public var size: Int {
        UnitComposer.digits(for: dimension, order: order)
    }

    /// Parameters: the tables and, as the paper counts it, the index of `order` morphemes a token.
    public var parameterCount: Int { morphemes * size * rank + tokens * order }
}
