#include "harness/report/table.h"

#include <algorithm>
#include <numeric>
#include <ostream>

#include "harness/report/format.h"

namespace cnnbench {
namespace {

constexpr std::size_t gap = 2;

std::size_t line_width(const std::vector<std::size_t>& widths) {
  return widths.empty() ? 0 : std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

std::string stripped(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

void Table::add_column(std::string heading, std::string unit, Align align, std::vector<std::string> cells,
                       std::size_t shrink_to) {
  columns_.push_back({std::move(heading), std::move(unit), align, std::move(cells), shrink_to});
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) {
    std::size_t width = std::max(display_width(column.heading), display_width(column.unit));
    for (const std::string& cell : column.cells) width = std::max(width, display_width(cell));
    widths.push_back(width);
  }
  // Too wide: the widest of the columns that may shrink gives way, a column of text at a time.
  std::size_t total = line_width(widths);
  while (total > console_width) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool can = columns_[i].shrink_to > 0 && widths[i] > columns_[i].shrink_to;
      if (can && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::size_t Table::width() const {
  return line_width(widths());
}

void Table::print(std::ostream& out) const {
  if (columns_.empty()) return;
  const std::vector<std::size_t> width = widths();
  const auto print_line = [&](auto text_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string text = fit(text_of(columns_[i]), width[i]);
      if (i > 0) line.append(gap, ' ');
      line += columns_[i].align == Align::left ? pad_right(text, width[i]) : pad_left(text, width[i]);
    }
    out << stripped(line) << '\n';
  };
  const std::string rule(line_width(width), '-');

  print_line([](const Column& column) { return column.heading; });
  if (std::any_of(columns_.begin(), columns_.end(),
                  [](const Column& column) { return !column.unit.empty(); }))
    print_line([](const Column& column) { return column.unit; });
  out << rule << '\n';
  const std::size_t rows = columns_.front().cells.size();
  for (std::size_t row = 0; row < rows; ++row) {
    if (total_ && row + 1 == rows) out << rule << '\n';
    print_line([row](const Column& column) { return column.cells.at(row); });
  }
}

}  // namespace cnnbench
