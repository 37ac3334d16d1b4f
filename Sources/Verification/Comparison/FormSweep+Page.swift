extension FormSweep {
    /// The sweep as a page: error against ratio, the effect of each hyperparameter, time, and every figure.
    public var html: String {
        var page = Page("Forms of factors: \(subject)")
        page.addParagraph(
            "Each point is one form, fitted alone, with every byte counted that is needed to rebuild the table. "
                + "Coloured rows are on the front: no other form takes fewer bytes for as small an error."
        )
        page.addCharts([ratioChart] + parameterCharts + [timeChart])
        let front = Set(front.map(\.form))
        page.addTable(
            [
                "order", "rank", "copies", "units", "type", "bytes", "ratio to F32", "relative error", "weighted",
                "seconds",
            ],
            rows.map { row in
                let form = row.form
                return [
                    String(form.order), String(form.rank), String(form.copies), String(form.units),
                    form.factorType.rawValue.lowercased(), String(row.bytes), short(row.byteRatioFloat32),
                    short(row.relativeError), short(row.weightedRelativeError), short(row.seconds),
                ]
            },
            marks: rows.map { front.contains($0.form) ? "good" : "" }
        )
        for failure in failures { page.addParagraph("\(failure.form.name): \(failure.cause).") }
        return page.html
    }

    private var ratioChart: Chart {
        let orders = Array(Set(rows.map(\.form.order))).sorted()
        let points = orders.map { order in
            Chart.Series(
                "order \(order)",
                rows.filter { $0.form.order == order }.map { (x: $0.byteRatioFloat32, y: $0.relativeError) },
                mark: .points
            )
        }
        let best = Chart.Series("front", front.map { (x: $0.byteRatioFloat32, y: $0.relativeError) }, mark: .dashes)
        return Chart(
            "Relative error by byte ratio",
            x: "byte ratio to F32",
            y: "relative error",
            isLogarithmic: true,
            points + [best]
        )
    }

    /// For each hyperparameter with several values a chart: error against it, a line for each choice of the others.
    private var parameterCharts: [Chart] {
        let parameters: [(name: String, of: @Sendable (SweepForm) -> Int, others: @Sendable (SweepForm) -> SweepForm)] =
            [
                ("order", { $0.order }, { form in Self.changing(form) { $0.order = 0 } }),
                ("rank", { $0.rank }, { form in Self.changing(form) { $0.rank = 0 } }),
                ("copies", { $0.copies }, { form in Self.changing(form) { $0.copies = 0 } }),
                ("units", { $0.units }, { form in Self.changing(form) { $0.units = 0 } }),
            ]
        return parameters.compactMap { parameter in
            guard Set(rows.map { parameter.of($0.form) }).count > 1 else { return nil }
            var lines: [SweepForm: [(x: Double, y: Double)]] = [:]
            for row in rows {
                lines[parameter.others(row.form), default: []].append(
                    (Double(parameter.of(row.form)), row.relativeError)
                )
            }
            // The lines that reach lowest, as many as can be told apart.
            let shown = lines.sorted { a, b in
                let (low, high) = (a.value.map(\.y).min() ?? 1, b.value.map(\.y).min() ?? 1)
                return (low, a.key.name) < (high, b.key.name)
            }.prefix(8)
            return Chart(
                "Relative error by \(parameter.name)",
                x: parameter.name,
                y: "relative error",
                isLogarithmic: true,
                shown.map { line in
                    Chart.Series(label(line.key, without: parameter.name), line.value.sorted { $0.x < $1.x })
                }
            )
        }
    }

    private static func changing(_ form: SweepForm, _ change: (inout SweepForm) -> Void) -> SweepForm {
        var form = form
        change(&form)
        return form
    }

    /// The hyperparameters that differ somewhere in the sweep, in a few letters: `o2 r4 u256`.
    private func label(_ form: SweepForm, without name: String) -> String {
        func part(_ parameter: String, _ letter: String, _ value: (SweepForm) -> String) -> String? {
            parameter == name || Set(rows.map { value($0.form) }).count < 2 ? nil : letter + value(form)
        }
        let parts = [
            part("order", "o") { String($0.order) }, part("rank", "r") { String($0.rank) },
            part("copies", "c") { String($0.copies) }, part("units", "u") { String($0.units) },
            part("type", "") { $0.factorType.rawValue.lowercased() },
        ]
        return parts.compactMap { $0 }.joined(separator: " ")
    }

    private var timeChart: Chart {
        Chart(
            "Seconds of a fit by bytes",
            x: "bytes",
            y: "seconds",
            isLogarithmic: true,
            Array(Set(rows.map(\.form.order))).sorted().map { order in
                Chart.Series(
                    "order \(order)",
                    rows.filter { $0.form.order == order }.map { (x: Double($0.bytes), y: $0.seconds) },
                    mark: .points
                )
            }
        )
    }

    private func short(_ value: Double) -> String { String((value * 10_000).rounded() / 10_000) }
}
