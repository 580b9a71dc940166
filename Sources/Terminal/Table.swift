// Rows and columns for a person (Specs/CommandLine.md, "Tables").

public struct Table: Sendable {
  public enum Side: Sendable { case left, right }

  private var columns: [(title: String, side: Side)]
  private var rows: [[String]] = []
  /// The column that is cut first when the terminal is narrow.
  private var elastic: Int?

  /// A column whose title begins with `>` stands to the right, as figures do.
  public init(_ titles: [String], elastic: Int? = nil) {
    columns = titles.map {
      $0.hasPrefix(">") ? (String($0.dropFirst()), .right) : ($0, .left)
    }
    self.elastic = elastic
  }

  public var isEmpty: Bool { rows.isEmpty }

  /// Adds a row; cells are made printable here, so strangers' words need no care elsewhere.
  public mutating func row(_ cells: [String]) {
    rows.append(cells.map { Printable.line($0) })
  }

  /// The lines, with as many columns of text as the terminal has; 0 means no limit.
  public func lines(width: Int, style: Style) -> [String] {
    var widths = columns.map { Printable.columns($0.title) }
    for row in rows {
      for (index, cell) in row.enumerated() where index < widths.count {
        widths[index] = max(widths[index], Printable.columns(cell))
      }
    }
    if width > 0, let elastic {
      let total = widths.reduce(0, +) + 2 * (widths.count - 1)
      if total > width { widths[elastic] = max(8, widths[elastic] - (total - width)) }
    }
    var lines: [String] = []
    if columns.contains(where: { !$0.title.isEmpty }) {
      lines.append(style.bold(laid(columns.map(\.title), widths)))
    }
    return lines + rows.map { laid($0, widths) }
  }

  private func laid(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (index, width) in widths.enumerated() {
      let cell = Printable.shortened(index < cells.count ? cells[index] : "", to: width)
      if index > 0 { line += "  " }
      let room = String(repeating: " ", count: width - Printable.columns(cell))
      if columns[index].side == .right {
        line += room + cell
      } else {
        line += index == widths.count - 1 ? cell : cell + room
      }
    }
    return line
  }
}
