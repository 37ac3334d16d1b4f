/// A small chart as inline SVG, drawn with the page's own colours: no script, no network.
public struct Chart: Sendable {
    /// One line or set of bars.
    public struct Series: Sendable {
        /// How points are drawn.
        public enum Mark: Sendable { case line, dashes, points, bars }
        /// Its name in the legend; empty for none.
        public var name: String
        /// Points in the units of the axes.
        public var points: [(x: Double, y: Double)]
        /// How they are drawn.
        public var mark: Mark

        /// A series of the given points.
        public init(_ name: String, _ points: [(x: Double, y: Double)], mark: Mark = .line) {
            self.name = name
            self.points = points
            self.mark = mark
        }
    }

    /// What the chart shows.
    public var title: String
    /// Names of the axes.
    public var xLabel: String
    /// Name of the vertical axis.
    public var yLabel: String
    /// Whether the x axis is logarithmic.
    public var isLogarithmic = false
    /// What is drawn.
    public var series: [Series]

    private let width = 640.0
    private let height = 360.0
    /// A legend stands to the right of the plot, where no curve runs under it.
    private var margin: (left: Double, right: Double, top: Double, bottom: Double) {
        (left: 64, right: series.contains { !$0.name.isEmpty } ? 152 : 16, top: 34, bottom: 48)
    }
    /// Colours that stay apart for colour-blind readers (Okabe and Ito).
    private static let colours = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666", "#8c510a", "#1b7837",
    ]

    /// A chart of `series`.
    public init(_ title: String, x: String, y: String, isLogarithmic: Bool = false, _ series: [Series]) {
        self.title = title
        self.xLabel = x
        self.yLabel = y
        self.isLogarithmic = isLogarithmic
        self.series = series
    }

    /// The chart as an `<svg>` element.
    public var svg: String {
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite && (!isLogarithmic || $0.x > 0) }
        guard let first = points.first else { return "<p>\(escapedForMarkup(title)): nothing to draw</p>" }
        let hasBars = series.contains { $0.mark == .bars }
        let xs = points.reduce((first.x, first.x)) { (min($0.0, $1.x), max($0.1, $1.x)) }
        let ys = points.reduce((hasBars ? 0 : first.y, first.y)) { (min($0.0, $1.y), max($0.1, $1.y)) }
        let scale = Scale(
            x: isLogarithmic ? (_log2(xs.0), _log2(xs.1)) : xs,
            y: (min(0, ys.0), ys.1 > ys.0 ? ys.1 : ys.0 + 1),
            isLogarithmic: isLogarithmic,
            width: width,
            height: height,
            margin: margin
        )
        var parts = [
            "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"\(escapedForMarkup(title))\">",
            text(width / 2, 18, title, "middle", "title"),
            text(width / 2, height - 8, xLabel, "middle"),
            "<text transform=\"translate(14 \(height / 2)) rotate(-90)\" text-anchor=\"middle\">\(escapedForMarkup(yLabel))</text>",
        ]
        parts += axes(scale, xs: points.map(\.x))
        for (index, one) in series.enumerated() {
            parts += drawn(one, colour: Chart.colours[index % Chart.colours.count], scale)
        }
        parts += legend
        return (parts + ["</svg>"]).joined(separator: "\n")
    }

    private func axes(_ scale: Scale, xs: [Double]) -> [String] {
        var parts: [String] = []
        for tick in scale.yTicks {
            let y = scale.y(tick)
            parts.append(
                "<line class=\"grid\" x1=\"\(margin.left)\" x2=\"\(width - margin.right)\" y1=\"\(fixed(y))\" y2=\"\(fixed(y))\"/>"
            )
            parts.append(text(margin.left - 6, y + 4, short(tick), "end"))
        }
        let values = Array(Set(xs)).sorted()
        let isWhole = values.allSatisfy { $0 == $0.rounded() }
        let ticks: [Double]
        if !isLogarithmic {
            // No half layers.
            ticks = isWhole ? scale.xTicks.filter { abs($0 - $0.rounded()) < 1e-9 } : scale.xTicks
        } else if values.count <= 8 {
            // A few values are marked themselves, many by round numbers between them, with the ends where these are few.
            ticks = values
        } else {
            let round = scale.roundTicks
            ticks = round.count > 2 ? round : (values.prefix(1) + round + values.suffix(1)).sorted()
        }
        var end = -Double.infinity
        for tick in ticks {
            let (x, label) = (scale.x(tick), short(tick))
            // Seven pixels a character, about. Labels that would run into each other are left out.
            let half = 3.5 * Double(label.count)
            guard x - half >= end + 8 else { continue }
            end = x + half
            parts.append(text(x, height - margin.bottom + 18, label, "middle"))
        }
        return parts
    }

    private func drawn(_ series: Series, colour: String, _ scale: Scale) -> [String] {
        let places = series.points.filter { $0.x.isFinite && $0.y.isFinite && (!isLogarithmic || $0.x > 0) }
            .map { (scale.x($0.x), scale.y($0.y)) }
        switch series.mark {
        case .line, .dashes:
            let path = places.map { "\(fixed($0.0)),\(fixed($0.1))" }.joined(separator: " ")
            let dashes = series.mark == .dashes ? " stroke-dasharray=\"6 4\"" : ""
            let dots = series.mark == .line && places.count <= 24 ? circles(places, colour) : []
            return ["<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"\(dashes)/>"]
                + dots
        case .points: return circles(places, colour)
        case .bars:
            let bar = max(1, (width - margin.left - margin.right) / Double(max(1, places.count)) - 1)
            let base = scale.y(0)
            return places.map {
                "<rect x=\"\(fixed($0.0 - bar / 2))\" y=\"\(fixed($0.1))\" width=\"\(fixed(bar))\" height=\"\(fixed(max(0, base - $0.1)))\" fill=\"\(colour)\"/>"
            }
        }
    }

    private func circles(_ places: [(Double, Double)], _ colour: String) -> [String] {
        places.map { "<circle cx=\"\(fixed($0.0))\" cy=\"\(fixed($0.1))\" r=\"3\" fill=\"\(colour)\"/>" }
    }

    private var legend: [String] {
        series.enumerated().filter { !$1.name.isEmpty }.flatMap { index, one in
            let y = margin.top + 6 + Double(index) * 16
            let x = width - margin.right + 8
            let colour = Chart.colours[index % Chart.colours.count]
            return [
                "<rect x=\"\(x)\" y=\"\(y - 8)\" width=\"10\" height=\"10\" fill=\"\(colour)\"/>",
                text(x + 16, y + 1, one.name, "start"),
            ]
        }
    }

    private func text(_ x: Double, _ y: Double, _ text: String, _ anchor: String, _ style: String = "label") -> String {
        "<text class=\"\(style)\" x=\"\(fixed(x))\" y=\"\(fixed(y))\" text-anchor=\"\(anchor)\">\(escapedForMarkup(text))</text>"
    }
}

/// Places in the picture for values on the axes.
private struct Scale {
    let x: (Double, Double)
    let y: (Double, Double)
    let isLogarithmic: Bool
    let width: Double
    let height: Double
    let margin: (left: Double, right: Double, top: Double, bottom: Double)

    func x(_ value: Double) -> Double {
        let value = isLogarithmic ? _log2(value) : value
        let share = x.1 > x.0 ? (value - x.0) / (x.1 - x.0) : 0.5
        return margin.left + 12 + share * (width - margin.left - margin.right - 24)
    }

    func y(_ value: Double) -> Double {
        height - margin.bottom - (value - y.0) / (y.1 - y.0) * (height - margin.top - margin.bottom)
    }

    var xTicks: [Double] { ticks(x) }
    /// One, two and five times powers of ten inside the logarithmic range.
    var roundTicks: [Double] {
        var (power, found) = (1e-15, [Double]())
        while power < 1e12 {
            found += [power, 2 * power, 5 * power].filter { _log2($0) >= x.0 - 1e-9 && _log2($0) <= x.1 + 1e-9 }
            power *= 10
        }
        return found
    }
    var yTicks: [Double] { ticks(y) }

    /// About five round values inside `range`.
    private func ticks(_ range: (Double, Double)) -> [Double] {
        let span = range.1 - range.0
        guard span > 0, span.isFinite else { return [range.0] }
        var step = 1.0
        while step * 8 < span { step *= 10 }
        while step * 0.8 > span { step /= 10 }
        let steps = [step / 5, step / 2, step, step * 2, step * 5].filter { span / $0 <= 8 }
        let chosen = steps.first ?? span
        return stride(from: (range.0 / chosen).rounded(.up) * chosen, through: range.1 + chosen * 1e-9, by: chosen).map
        { $0 }
    }
}

private func _log2(_ value: Double) -> Double {
    // Exponent and significand: enough for a picture, and no mathematics library is needed.
    guard value > 0 else { return 0 }
    return Double(value.exponent) + (value.significand - 1) * (1.3465 - 0.3465 * (value.significand - 1))
}

/// A coordinate with one decimal place.
private func fixed(_ value: Double) -> String { String((value * 10).rounded() / 10) }

/// A tick's value in a few characters.
private func short(_ value: Double) -> String {
    let rounded = abs(value) < 1e6 ? (value * 1000).rounded() / 1000 : value
    if rounded == rounded.rounded(), abs(value) < 1e6, value == 0 || rounded != 0 { return String(Int(rounded)) }
    return abs(value) < 0.1 ? shortFigure(value) : String(rounded)
}
