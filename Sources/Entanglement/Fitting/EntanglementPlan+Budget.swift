extension EntanglementPlan {
    /// The form for a table of `tokenCount` × `dimension` within `budgetBytes`, or of exactly the rank and units given.
    ///
    /// What is not given is chosen: the order that left least of real tables (2 of one with 256 dimensions, 3 of one with
    /// 384), as many units a slot as pay for themselves (each table takes about a twentieth of the budget), gains of four
    /// bits, and as many senses as the bytes allow.
    ///
    /// - Parameter dealsSenses: Whether tokens get as many senses each as they are worth there, within the same bytes.
    /// - Throws: kind `infeasible` where even one sense a token does not fit, with the least possible bytes.
    public init(
        tokenCount: Int,
        dimension: Int,
        budgetBytes: Int?,
        order: Int? = nil,
        rank: Int? = nil,
        dealsSenses: Bool = false,
        units: Int? = nil,
        copies: Int = 1,
        gainBits: Int? = nil,
        factorType: FactorType = .float16
    ) throws(EntanglementError) {
        let shape = try EntanglementShape(dimension: dimension, order: order ?? Self.usualOrder(ofDimension: dimension))
        func plan(units: Int, rank: Int) -> EntanglementPlan {
            EntanglementPlan(
                shape: shape,
                unitCounts: Array(repeating: units, count: shape.order),
                copies: copies,
                rank: rank,
                gainBits: gainBits ?? 4,
                factorType: factorType
            )
        }
        guard let budgetBytes else {
            self = plan(units: units ?? 512, rank: rank ?? 1)
            if dealsSenses { dealSenses(tokenCount: tokenCount, budgetBytes: nil, rank: rank) }
            return
        }
        // Powers of two: an index wastes no part of a bit.
        let choices = units.map { [$0] } ?? [1024, 512, 256, 128, 64, 32, 16, 8, 4, 2]
        for count in choices {
            let tables = plan(units: count, rank: 0).byteCount(tokenCount: tokenCount)
            if units == nil, tables > budgetBytes / 12, count > 2 { continue }
            let perRank = plan(units: count, rank: 1).byteCount(tokenCount: tokenCount) - tables
            guard perRank > 0, budgetBytes > tables else { continue }
            var most = min(rank ?? SenseCodes.maximumRank, (budgetBytes - tables) / perRank + 1)
            while most > 0, plan(units: count, rank: most).byteCount(tokenCount: tokenCount) > budgetBytes { most -= 1 }
            guard most > 0 else { continue }
            self = plan(units: count, rank: most)
            if dealsSenses { dealSenses(tokenCount: tokenCount, budgetBytes: budgetBytes, rank: rank) }
            return
        }
        let least = plan(units: units ?? 2, rank: 1).byteCount(tokenCount: tokenCount)
        throw EntanglementError(
            .infeasible,
            "--ratio",
            "\(budgetBytes) bytes hold no sense a token; the least is \(least)",
            remedy: "ask for a ratio of at most \(tokenCount * dimension * 4 / max(1, least)) to F32"
        )
    }

    /// The order that is chosen where none is given.
    public static func usualOrder(ofDimension dimension: Int) -> Int {
        switch dimension {
        case ..<4: 1
        case ..<320: 2
        default: 3
        }
    }

    /// Deals the senses: as many as a rank of `rank` makes, or where that is nil as `budgetBytes` hold.
    private mutating func dealSenses(tokenCount: Int, budgetBytes: Int?, rank asked: Int?) {
        guard rank > 1, tokenCount > 1 else { return }
        var dealt = self
        dealt.dealtSenses = tokenCount * rank
        if let budgetBytes {
            // The mean may be any fraction now, and the ranks need room too.
            // Codes and gains end in whole bytes each.
            let free = 8 * (budgetBytes - dealt.byteCount(tokenCount: tokenCount) - 1)
            let more = free >= 0 ? free / bitsPerSense : -((bitsPerSense - 1 - free) / bitsPerSense)
            dealt.dealtSenses = tokenCount * rank + (asked == nil ? more : min(0, more))
        }
        if dealt.dealtSenses ?? 0 >= tokenCount { self = dealt }
    }
}
