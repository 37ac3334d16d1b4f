import LinearAlgebra

/// How far two encoders' vectors of the same sentences agree.
public struct SentenceComparison: Sendable {
    /// The cosine of each sentence's two vectors.
    public private(set) var cosines = Sample()
    /// The line of the text whose vectors agree least.
    public private(set) var worstLine: Int?
    private var least = Double.infinity

    /// A comparison of no sentences yet.
    init() {}

    /// Adds the vectors of a sentence in `line` of the text, of one length.
    mutating func add(_ reference: ArraySlice<Float>, _ candidate: ArraySlice<Float>, line: Int) {
        let cosine = Self.cosine(reference, candidate)
        if cosine < least { (least, worstLine) = (cosine, line) }
        cosines.add(cosine)
    }

    /// The cosine of two vectors; that of two zero vectors is 1, that of one and another vector 0.
    static func cosine(_ x: ArraySlice<Float>, _ y: ArraySlice<Float>) -> Double {
        let (product, norm, other) = (
            preciseDot(x.span, y.span), preciseDot(x.span, x.span), preciseDot(y.span, y.span)
        )
        if norm == 0, other == 0 { return 1 }
        let norms = (norm * other).squareRoot()
        return norms > 0 ? product / norms : 0
    }
}
