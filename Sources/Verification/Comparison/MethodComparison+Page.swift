extension MethodComparison {
    /// The comparison as a page: error against ratio, error by token frequency, spectrum, and every figure.
    public var html: String {
        var page = Page("Methods compared on \(tableName)")
        page.addParagraph(
            "\(shape[0]) × \(shape[1]). Every byte that is needed to rebuild the table is counted; tokens count alike in "
                + "the relative error, by their frequency in the weighted one. The bound is that of Gaussian rows of "
                + "known scale."
        )
        let names = Array(Set(rows.filter { $0.targetRatio != nil }.map(label))).sorted { first($0) < first($1) }
        let curves = names.map { name in
            Chart.Series(
                name,
                rows.filter { label($0) == name }.map { ($0.byteRatioFloat32, $0.relativeError) }
                    .sorted { $0.0 < $1.0 }.map { (x: $0.0, y: $0.1) }
            )
        }
        let limit = Chart.Series("bound", bound.map { (x: $0.byteRatioFloat32, y: $0.relativeError) }, mark: .dashes)
        let blocks = rows.filter { $0.targetRatio == nil }.map { (x: $0.byteRatioFloat32, y: $0.relativeError) }
        let points = blocks.isEmpty ? [] : [Chart.Series("GGUF block types", blocks, mark: .points)]
        let targets = Array(Set(rows.compactMap(\.targetRatio))).sorted()
        let middle = targets.isEmpty ? 0 : targets[targets.count / 2]
        page.addCharts([
            Chart(
                "Relative error by byte ratio",
                x: "byte ratio to F32",
                y: "relative error",
                isLogarithmic: true,
                curves + [limit] + points
            ),
            Chart(
                "Relative error by token frequency at ratio \(short(middle))",
                x: "tenth of the tokens, most frequent first",
                y: "relative error",
                rows.filter { $0.targetRatio == middle }.map { row in
                    Chart.Series(
                        label(row),
                        row.errorByFrequency.enumerated().map { (x: Double($0 + 1), y: $1) }
                    )
                }
            ),
            Chart(
                "Spectrum",
                x: "principal axis",
                y: "share of the variance",
                [
                    Chart.Series(
                        "",
                        spectrum.enumerated().map { (x: Double($0 + 1), y: $1 / max(1e-30, spectrum.reduce(0, +))) }
                    )
                ]
            ),
        ])
        page.addTable(
            ["method", "ratio asked for", "ratio to F32", "relative error", "weighted", "seconds"],
            rows.map { row in
                [
                    label(row), row.targetRatio.map(short) ?? "its own", short(row.byteRatioFloat32),
                    short(row.relativeError), short(row.weightedRelativeError), short(row.seconds),
                ]
            }
        )
        page.addTable(
            ["ratio to F32", "bound"],
            bound.map { [short($0.byteRatioFloat32), short($0.relativeError)] }
        )
        for failure in failures {
            page.addParagraph("\(failure.method) at \(short(failure.targetRatio)): \(failure.cause).")
        }
        return page.html
    }

    private func label(_ row: Row) -> String { row.codes.isEmpty ? row.method : "\(row.method), \(row.codes)" }

    private func first(_ label: String) -> Int { rows.firstIndex { self.label($0) == label } ?? rows.count }

    private func short(_ value: Double) -> String { String((value * 10_000).rounded() / 10_000) }
}
