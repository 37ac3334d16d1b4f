extension Page {
    /// Adds what a comparison on a text found, with plots.
    mutating func addText(_ text: TextComparison) {
        addHeading("On \(text.file)")
        let unit = text.family == .encoder ? "tokens" : "places where a token is predicted"
        let scored =
            switch (text.family, text.targetFile) {
            case (.translator, let target?): " The translations that are scored are those of \(target)."
            case (.translator, nil):
                " The translations that are scored are the reference's own, the likeliest token always."
            default: ""
            }
        addParagraph("\(text.tokens) \(unit).\(scored)")
        addTable(["figure", "found"], figures(of: text))
        let name = text.family == .translator ? "writing half" : ""
        var lines = [Chart.Series(name, byLayer(text.hiddenStateErrors))]
        if text.family == .translator {
            lines.append(Chart.Series("reading half", byLayer(text.sourceHiddenStateErrors)))
        }
        var charts = [
            Chart("Hidden-state error by layer", x: "layers that ran (0: embedding)", y: "relative error", lines)
        ]
        if let distributions = text.distributions {
            charts.append(distribution(of: distributions.divergences, "Tokens by KL", x: "KL in nats"))
        }
        if let sentences = text.sentences {
            let distances = Sample(sentences.cosines.values.map { 1 - $0 })
            charts.append(distribution(of: distances, "Sentences by cosine", x: "1 − cosine of the vectors"))
        }
        addCharts(charts)
    }

    private func figures(of text: TextComparison) -> [[String]] {
        var rows: [[String]] = []
        if let last = text.hiddenStateErrors.last {
            rows.append(["error of the last hidden state", shortFigure(last)])
        }
        if let distributions = text.distributions {
            rows += [
                ["mean KL(reference ‖ candidate) in nats", shortFigure(distributions.divergences.mean)],
                ["99 % of KL at most", shortFigure(distributions.divergences.percentile(99))],
                ["greatest KL", shortFigure(distributions.divergences.maximum)],
                ["same likeliest token", shortFigure(distributions.top1Agreement)],
                ["perplexity of the reference", shortFigure(distributions.referencePerplexity)],
                ["perplexity of the candidate", shortFigure(distributions.candidatePerplexity)],
            ]
        }
        if let sentences = text.sentences {
            rows += [
                ["sentences", String(sentences.cosines.values.count)],
                ["mean cosine", shortFigure(sentences.cosines.mean)],
                ["1 % of cosines at most", shortFigure(sentences.cosines.percentile(1))],
                ["least cosine", shortFigure(sentences.cosines.minimum)],
            ]
            if let line = sentences.worstLine { rows.append(["in line", String(line)]) }
        }
        return rows
    }

    private func byLayer(_ errors: [Double]) -> [(x: Double, y: Double)] {
        errors.enumerated().map { (x: Double($0), y: $1) }
    }

    /// The share of figures that do not exceed x.
    private func distribution(of sample: Sample, _ title: String, x: String) -> Chart {
        let percents = Array(1...100)
        let points = zip(sample.percentiles(percents), percents).map { (x: $0, y: Double($1) / 100) }
        return Chart(
            title,
            x: x,
            y: "share that is not above",
            isLogarithmic: true,
            [Chart.Series("", points)]
        )
    }
}
