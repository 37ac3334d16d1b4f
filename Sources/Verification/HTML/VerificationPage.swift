extension VerificationReport {
    /// The report as a page with plots.
    public var html: String {
        var page = Page("Verification of \(candidate)")
        page.addParagraph(
            "Against \(reference). \(gates.isEmpty ? "No gate was asked for." : isPassed ? "Every gate holds." : "A gate does not hold.")"
        )
        if !gates.isEmpty {
            page.addTable(
                ["gate", "found", "bound"],
                gates.map {
                    [$0.name, shortFigure($0.value), ($0.direction == .atLeast ? "≥ " : "≤ ") + shortFigure($0.bound)]
                },
                marks: gates.map { $0.isPassed ? "good" : "bad" }
            )
        }
        if let text { page.addText(text) }
        if !tables.isEmpty {
            page.addTable(
                [
                    "table", "rows × columns", "bytes", "byte ratio", "ratio to F32", "relative error", "weighted",
                    "mean cosine", "1 % cosine", "neighbours kept",
                ],
                tables.map { table in
                    [
                        table.name, table.shape.map(String.init).joined(separator: " × "), String(table.candidateBytes),
                        shortFigure(table.byteRatio), shortFigure(table.byteRatioFloat32),
                        shortFigure(table.relativeError),
                        shortFigure(table.weightedRelativeError), shortFigure(table.meanCosine),
                        shortFigure(table.p01Cosine),
                        shortFigure(table.neighboursKept),
                    ]
                }
            )
        }
        for table in tables {
            page.addHeading(table.name)
            let bins = table.cosineHistogram.enumerated().map { (x: (Double($0) + 0.5) / 50, y: Double($1)) }
            let runs = table.errorByToken.enumerated().map { (x: Double($0 * table.shape[0] / 64), y: $1) }
            page.addCharts([
                Chart(
                    "Tokens by cosine to the reference",
                    x: "cosine",
                    y: "tokens",
                    [Chart.Series("", bins, mark: .bars)]
                ),
                Chart(
                    "Relative error by token id",
                    x: "token id (frequent tokens come first in most vocabularies)",
                    y: "relative error",
                    [Chart.Series("", runs)]
                ),
            ])
            page.addTable(
                ["worst tokens", "cosine"],
                table.worstTokens.map { [String($0.token), shortFigure($0.cosine)] }
            )
        }
        if !findings.isEmpty {
            page.addHeading("Findings")
            for finding in findings { page.addParagraph(finding) }
        }
        return page.html
    }
}
