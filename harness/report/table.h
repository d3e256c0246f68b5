#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace cnnbench {

enum class Align { left, right };

/// A table for the console: a head of one or two lines, a rule, rows, and where there is one a total below
/// another rule.
class Table {
 public:
  /// Adds a column. `unit` stands below the heading. Cells longer than a line allows are cut with '…' in
  /// columns that have `shrink_to`, the width that they are never cut below (0: never cut).
  void add_column(std::string heading, std::string unit, Align align, std::vector<std::string> cells,
                  std::size_t shrink_to = 0);

  /// The last row is a total and stands below a rule.
  void set_total(bool total) { total_ = total; }

  /// Columns that it takes, after shrinking.
  std::size_t width() const;

  /// Prints at most console_width columns wide as far as shrinking can reach that; no spaces at the ends of
  /// lines.
  void print(std::ostream& out) const;

 private:
  struct Column {
    std::string heading;
    std::string unit;
    Align align;
    std::vector<std::string> cells;
    std::size_t shrink_to;
  };
  std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  bool total_ = false;
};

}  // namespace cnnbench
