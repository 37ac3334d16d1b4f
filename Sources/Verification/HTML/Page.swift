/// A self-contained HTML page: headings, tables, charts, readable in light and dark.
public struct Page: Sendable {
    /// The title and first heading.
    public var title: String
    private var body: [String] = []

    /// An empty page.
    public init(_ title: String) {
        self.title = title
    }

    /// Adds a heading.
    public mutating func addHeading(_ text: String) { body.append("<h2>\(escapedForMarkup(text))</h2>") }

    /// Adds a paragraph.
    public mutating func addParagraph(_ text: String) { body.append("<p>\(escapedForMarkup(text))</p>") }

    /// Adds charts side by side where there is room.
    public mutating func addCharts(_ charts: [Chart]) {
        body.append("<div class=\"charts\">\(charts.map { "<figure>\($0.svg)</figure>" }.joined())</div>")
    }

    /// Adds a table; `marks` colours whole rows by a style: `good`, `bad` or none.
    public mutating func addTable(_ columns: [String], _ rows: [[String]], marks: [String] = []) {
        let head = columns.map { "<th>\(escapedForMarkup($0))</th>" }.joined()
        let lines = rows.enumerated().map { index, row in
            let mark = index < marks.count && !marks[index].isEmpty ? " class=\"\(marks[index])\"" : ""
            return "<tr\(mark)>\(row.map { "<td>\(escapedForMarkup($0))</td>" }.joined())</tr>"
        }
        body.append("<table><thead><tr>\(head)</tr></thead><tbody>\(lines.joined(separator: "\n"))</tbody></table>")
    }

    /// The whole page.
    public var html: String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escapedForMarkup(title))</title>
        <style>
        :root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --faint: #d8d8d8; --good: #e3f4e8; --bad: #fbe3e0; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #16181c; --faint: #3a3f47; --good: #17382a; --bad: #47221e; } }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1340px; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--faint); text-align: right; }
        th:first-child, td:first-child { text-align: left; }
        tr.good { background: var(--good); } tr.bad { background: var(--bad); }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(460px, 1fr)); gap: 1rem; }
        figure { margin: 0; border: 1px solid var(--faint); border-radius: 6px; padding: .5rem; }
        svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
        svg text.title { font-size: 14px; font-weight: 600; } svg line.grid { stroke: var(--faint); }
        </style>
        <h1>\(escapedForMarkup(title))</h1>
        \(body.joined(separator: "\n"))
        </html>

        """
    }
}
