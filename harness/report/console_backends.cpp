#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include "harness/report/backend_comparison.h"
#include "harness/report/format.h"
#include "harness/report/layer_times.h"
#include "harness/report/table.h"

namespace cnnbench {
namespace {

constexpr std::size_t longest_name = 24;  // of a backend above its column

/// What the intervals hold, and what they do not.
std::string unknown_to_one_launch(const Report& report) {
  bool sampled = true;
  for_each_record(report, [&](const ReportedBackend&, View view, const Record& record) {
    if (view == View::network || view == View::layers)
      sampled = sampled && record.instances >= enough_instances;
  });
  return sampled
             ? "Every program was made anew, or its memory moved, several times: the intervals hold much of "
               "what the placement of its memory does. "
               "One launch cannot know what differs from launch to launch: compare several with "
               "scripts/compare.py."
             : "One launch cannot know what another placement of its memory would give, which differs from "
               "launch to launch: compare several launches with scripts/compare.py.";
}

/// What a sum is over.
std::string sum_name(std::optional<Direction> direction) {
  if (!direction) return "layers";
  if (*direction == Direction::backward_data) return "bwd data";
  if (*direction == Direction::backward_weights) return "bwd weights";
  return std::string(to_string(*direction));
}

using Rows = std::vector<std::pair<std::string, const BackendRow*>>;

/// All rows of the table: layers, sums, the network.
Rows rows_of(const BackendComparison& comparison) {
  Rows rows;
  for (const BackendRow& row : comparison.layers) rows.emplace_back(row.layer, &row);
  for (const BackendRow& row : comparison.sums) rows.emplace_back("Σ " + sum_name(row.direction), &row);
  if (comparison.network) rows.emplace_back("network", &*comparison.network);
  return rows;
}

/// Reasons why there are no times, each with the layers that it is about, numbered as the cells show them.
class Notes {
 public:
  /// "[1]" for a cell whose layer has a failure of its own or whose whole backend failed; "-" for the others.
  std::string mark(const BackendReport& backend, const std::string& layer) {
    std::string marks;
    for (const Failure& failure : backend.failures) {
      if (!layer.empty() && !failure.layer.empty() && failure.layer != layer) continue;
      const std::string number = fmt::format("[{}]", number_of(backend.name, failure));
      if (marks.find(number) == std::string::npos) marks += number;
    }
    return marks.empty() ? "-" : marks;
  }

  void print(std::ostream& out) const {
    for (std::size_t i = 0; i < notes_.size(); ++i) {
      const Note& note = notes_[i];
      const std::string layers = join(note.layers, ", ");
      print_wrapped(out,
                    fmt::format("{}: {}{}: {}", note.backend, to_string(note.failure->reason),
                                layers.empty() ? "" : ": " + layers, note.failure->message),
                    "      ", fmt::format("  [{}] ", i + 1));
    }
  }

 private:
  struct Note {
    std::string backend;
    const Failure* failure = nullptr;  ///< the first
    std::vector<std::string> layers;
  };

  std::size_t number_of(const std::string& backend, const Failure& failure) {
    auto note = std::find_if(notes_.begin(), notes_.end(), [&](const Note& other) {
      return other.backend == backend && other.failure->reason == failure.reason &&
             other.failure->message == failure.message;
    });
    if (note == notes_.end()) note = notes_.insert(note, {backend, &failure, {}});
    auto& layers = note->layers;
    if (!failure.layer.empty() && std::find(layers.begin(), layers.end(), failure.layer) == layers.end())
      layers.push_back(failure.layer);
    return static_cast<std::size_t>(note - notes_.begin()) + 1;
  }

  std::vector<Note> notes_;
};

/// One significant digit, without an exponent: "20", "0.3".
std::string one_digit(double value) {
  if (!std::isfinite(value)) return "∞";
  if (!(value > 0)) return "0";
  const double exponent = std::floor(std::log10(value));
  const double unit = std::pow(10, exponent);
  return fmt::format("{:.{}f}", std::round(value / unit) * unit, static_cast<int>(std::max(0.0, -exponent)));
}

/// "1.42×" and "1.40–1.45": three digits, one more where the interval is narrow.
std::pair<std::string, std::string> ratio_cell(const BackendTime& time) {
  if (!time.ratio) return {};
  const double ratio = *time.ratio;
  int decimals = ratio >= 99.95 ? 0 : ratio >= 9.995 ? 1 : ratio >= 0.0995 ? 2 : ratio >= 0.00995 ? 3 : 4;
  if (!time.ratio_interval) return {fmt::format("{:.{}f}×", ratio, decimals), ""};
  const auto [low, high] = *time.ratio_interval;
  if (high - low < 0.02 * ratio) ++decimals;
  // Where nothing is known but the order of magnitude, digits would only pretend.
  if (high > 3 * low)
    return {fmt::format("{:.{}f}×", ratio, decimals), one_digit(low) + "–" + one_digit(high)};
  return {fmt::format("{:.{}f}×", ratio, decimals), fmt::format("{0:.{2}f}–{1:.{2}f}", low, high, decimals)};
}

/// The times of one backend, with its ratios to the reference beside them.
void add_backend(Table& table, const PassReport& pass, const BackendComparison& comparison, const Rows& rows,
                 std::size_t backend, Notes& notes) {
  std::vector<std::optional<TimeValue>> values;
  std::size_t ratio_width = 0, interval_width = 0;
  std::vector<std::pair<std::string, std::string>> ratios;
  for (const auto& [label, row] : rows) {
    const BackendTime& time = row->times[backend];
    values.push_back(time.median ? std::optional(TimeValue{*time.median, {}}) : std::nullopt);
    ratios.push_back(backend == comparison.reference ? std::pair<std::string, std::string>()
                                                     : ratio_cell(time));
    ratio_width = std::max(ratio_width, display_width(ratios.back().first));
    interval_width = std::max(interval_width, display_width(ratios.back().second));
  }
  TimeColumn times = time_column(values, Spread::none, time_scale(values, Spread::none));
  const std::string& name = comparison.backends[backend];
  const bool measured =
      std::any_of(values.begin(), values.end(), [](const auto& v) { return v.has_value(); });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const BackendRow& row = *rows[i].second;
    std::string& cell = times.cells[i];
    if (!measured)
      cell = notes.mark(pass.backends[backend], row.layer);
    else
      cell += row.times[backend].fastest ? "*" : " ";
    if (ratio_width == 0) continue;
    cell += " " + pad_left(ratios[i].first, ratio_width);
    if (interval_width > 0) cell += " " + pad_right(ratios[i].second, interval_width);
  }
  std::string unit = measured ? times.unit + " " : "";
  if (ratio_width > 0) unit += " " + pad_left("×", ratio_width);
  if (interval_width > 0) unit += " " + pad_right("95 %", interval_width);
  table.add_column(fit(name, longest_name), unit, Align::right, std::move(times.cells));
}

/// The reference and the backends [first, last) of `others`.
Table make_table(const PassReport& pass, const BackendComparison& comparison, const Rows& rows,
                 const std::vector<std::size_t>& others, std::size_t first, std::size_t last, Notes& notes) {
  Table table;
  std::vector<std::string> labels;
  for (const auto& [label, row] : rows) labels.push_back(label);
  table.add_column("layer", "", Align::left, std::move(labels), 8);
  add_backend(table, pass, comparison, rows, comparison.reference, notes);
  for (std::size_t i = first; i < last; ++i) add_backend(table, pass, comparison, rows, others[i], notes);
  table.set_total(comparison.network.has_value());
  return table;
}

/// Tables below one another, each with as many backends as a line holds; the reference in each.
void print_tables(std::ostream& out, const PassReport& pass, const BackendComparison& comparison,
                  Notes& notes) {
  const Rows rows = rows_of(comparison);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < comparison.backends.size(); ++i)
    if (i != comparison.reference) others.push_back(i);
  for (std::size_t first = 0; first < others.size();) {
    std::size_t last = others.size();
    const auto table = [&] { return make_table(pass, comparison, rows, others, first, last, notes); };
    while (last > first + 1 && table().width() > console_width) --last;
    if (first > 0) out << '\n';
    table().print(out);
    first = last;
  }
}

std::string title(const BackendComparison& comparison, const PassReport& pass) {
  const BackendReport& reference = pass.backends[comparison.reference];
  std::span<const Record> records = reference.records(View::network);
  if (records.empty()) records = reference.records(View::layers);
  const std::string text =
      fmt::format("Backends on {}, {}: {}; median of a step; × is the time relative to {}", comparison.model,
                  to_string(pass.pass), describe_run(records.front()), reference.name);
  if (!comparison.has_intervals())
    return text + ", without an interval, so that none is marked as the fastest";
  return text + " with its 95 % interval; * is the fastest, or too close to call";
}

}  // namespace

void print_backends(std::ostream& out, const Report& report) {
  bool intervals = false;
  for (const NetworkReport& network : report.networks)
    for (const PassReport& pass : network.passes) {
      const std::optional<BackendComparison> comparison = compare_backends(network.model, pass);
      if (!comparison) continue;
      out << '\n';
      print_wrapped(out, title(*comparison, pass), "  ", "");
      Notes notes;
      print_tables(out, pass, *comparison, notes);
      notes.print(out);
      for (const std::string& sentence : comparison_in_words(*comparison))
        print_wrapped(out, sentence, "  ", "");
      intervals = intervals || comparison->has_intervals();
    }
  if (intervals) print_wrapped(out, unknown_to_one_launch(report), "  ", "");
}

}  // namespace cnnbench
