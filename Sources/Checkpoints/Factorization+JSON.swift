import JSONText

extension Factorization {
    /// The stable JSON of `factorize --json`.
    public static func json(of results: [Result]) -> JSONValue {
        [
            "tables": .array(
                results.map { result in
                    [
                        "name": .string(result.entry.name),
                        "form": .string(result.form),
                        "shape": .array(result.entry.tensor.shape.map { .integer($0) }),
                        "bytes": .integer(result.entry.byteCount),
                        "byteRatio": .number(result.entry.byteRatio),
                        "byteRatioFloat32": .number(result.entry.byteRatioFloat32),
                        "relativeError": .number(result.relativeError),
                        "weightedRelativeError": .number(result.weightedRelativeError),
                        "weights": .string(result.frequencyOrigin),
                        "mergedTokens": .integer(result.mergedTokens),
                        "badRows": .array(result.badRows.map { .integer($0) }),
                        "ratioChoice": result.ratioChoice?.json(weights: result.frequencyOrigin) ?? .null,
                        "notes": .array(result.notes.map { .string($0) }),
                    ]
                }
            )
        ]
    }
}
