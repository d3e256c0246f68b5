#include <fmt/format.h>

#include <algorithm>

#include "harness/measure/ratio_interval.h"
#include "harness/report/backend_comparison.h"
#include "harness/report/format.h"

namespace cnnbench {
namespace {

constexpr std::size_t most_names = 24;  // of layers in one list

/// "conv1, conv2, fc".
std::string list_of(std::vector<std::string> names) {
  if (names.size() > most_names) {
    const std::size_t left_out = names.size() - most_names;
    names.resize(most_names);
    names.push_back(fmt::format("… {} more", left_out));
  }
  return join(names, ", ");
}

/// "1.42 [1.40, 1.45]": how often `fast` goes into `slow`.
std::string factor(const BackendTime& slow, const BackendTime& fast) {
  const double value = ratio_of(slow, fast);
  const std::optional<TurnsRatio> turns = turns_of(slow, fast);
  const std::optional<Interval> interval = turns ? turns->interval : std::nullopt;
  if (!interval) return short_number(value) + " [no interval]";
  const int decimals = value >= 9.995 ? 1 : interval->high - interval->low < 0.02 * value ? 3 : 2;
  return fmt::format("{0:.{3}f} [{1:.{3}f}, {2:.{3}f}]", value, interval->low, interval->high, decimals);
}

/// Indices of the backends with a time in the row, fastest first.
std::vector<std::size_t> ranking(const BackendRow& row) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < row.times.size(); ++i)
    if (row.times[i].median) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return *row.times[a].median < *row.times[b].median; });
  return order;
}

std::string whole_in_words(const BackendComparison& comparison, const BackendRow& row) {
  const std::string where = comparison.network ? "on the whole network" : "in the sum of its layers";
  const std::vector<std::size_t> order = ranking(row);
  const auto name = [&](std::size_t backend) { return comparison.backends[backend]; };
  if (order.size() < 2)
    return fmt::format("Only {} was measured {}: there is nothing to compare it with.", name(order.front()),
                       where);
  const BackendTime& fastest = row.times[order[0]];
  if (row.winner()) {
    std::string text = fmt::format("{} is fastest {}: {} times as fast as {}", name(order[0]), where,
                                   factor(row.times[order[1]], fastest), name(order[1]));
    if (order.size() > 2) text += ", the next";
    if (order[0] != comparison.reference && order[1] != comparison.reference)
      text += fmt::format(", and {} times as fast as {}", factor(row.times[comparison.reference], fastest),
                          name(comparison.reference));
    return text + ".";
  }
  const bool intervals = fastest.fastest;  // else nothing is
  std::vector<std::string> close;
  for (const std::size_t backend : order)
    if (backend != order[0] && (row.times[backend].fastest || !intervals))
      close.push_back(fmt::format("{} takes {} times as long", name(backend),
                                  intervals ? factor(row.times[backend], fastest)
                                            : short_number(ratio_of(row.times[backend], fastest))));
  if (!intervals)
    return fmt::format(
        "No backend is called the fastest {}: there are no intervals, for want of steps or because no "
        "turns were taken. {} has the smallest median; {}.",
        where, name(order[0]), join(close, ", "));
  return fmt::format("Too close to call {}: {} has the smallest median; {}{}.", where, name(order[0]),
                     join(close, ", "), close.size() + 1 < order.size() ? "; the others are slower" : "");
}

std::string layers_in_words(const BackendComparison& comparison) {
  std::vector<std::vector<std::string>> won(comparison.backends.size());
  std::vector<std::string> close, apart;
  for (const BackendRow& row : comparison.layers) {
    if (!row.compared)
      apart.push_back(row.layer);
    else if (const auto winner = row.winner())
      won[*winner].push_back(row.layer);
    else
      close.push_back(row.layer);
  }
  if (apart.size() == comparison.layers.size() || !comparison.has_intervals()) return "";
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < won.size(); ++i)
    if (!won[i].empty()) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return won[a].size() > won[b].size(); });
  std::vector<std::string> parts;
  for (const std::size_t backend : order)
    parts.push_back(fmt::format(
        "{} wins {}{} ({})", comparison.backends[backend], won[backend].size(),
        parts.empty()
            ? fmt::format(" of {}", counted(static_cast<std::int64_t>(comparison.layers.size()), "layer"))
            : "",
        list_of(won[backend])));
  std::string text = "By layer: " + join(parts, ", ");
  if (!close.empty())
    text += fmt::format("{}{} {} too close to call ({})", parts.empty() ? "" : "; ", close.size(),
                        close.size() == 1 ? "is" : "are", list_of(close));
  if (!apart.empty())
    text += fmt::format("; {} {} not compared, since a backend runs nothing of its own there ({})",
                        apart.size(), apart.size() == 1 ? "is" : "are", list_of(apart));
  return text + ".";
}

std::string bound_in_words(const BackendComparison& comparison) {
  const FastestPerLayer& mixed = *comparison.fastest_per_layer;
  const std::string& best = comparison.backends[mixed.best_alone];
  const double alone = *mixed.alone[mixed.best_alone];
  if (!(mixed.seconds < alone))
    return fmt::format(
        "No mixture of backends by layer would be faster than {} alone ({}, the sum of its "
        "layers' medians).",
        best, format_time(alone));
  return fmt::format(
      "Each layer by its fastest backend would take {}, {} times as fast as {} alone ({}; both are sums of "
      "the layers' medians): a bound, since reorders between backends are not counted and some of the "
      "smallest medians are small by chance.",
      format_time(mixed.seconds), fmt::format("{:.3f}", alone / mixed.seconds), best, format_time(alone));
}

}  // namespace

std::vector<std::string> comparison_in_words(const BackendComparison& comparison) {
  std::vector<std::string> sentences;
  if (const BackendRow* row = comparison.whole()) sentences.push_back(whole_in_words(comparison, *row));
  if (std::string text = layers_in_words(comparison); !text.empty()) sentences.push_back(std::move(text));
  if (comparison.fastest_per_layer) sentences.push_back(bound_in_words(comparison));
  return sentences;
}

}  // namespace cnnbench
