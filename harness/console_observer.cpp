#include "harness/console_observer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "harness/report/report.h"

namespace cnnbench {
namespace {

constexpr std::int64_t steps_a_line = 10;
constexpr auto status_interval = std::chrono::milliseconds(200);

std::string duration(double seconds) {
  if (seconds >= 1) return fmt::format("{:.3f} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.3f} ms", seconds * 1e3);
  return fmt::format("{:.1f} µs", seconds * 1e6);
}

}  // namespace

ConsoleObserver::ConsoleObserver(std::ostream& out, const Experiment& experiment)
    : out_(out), experiment_(experiment), terminal_(isatty(STDERR_FILENO) == 1) {}

ConsoleObserver::~ConsoleObserver() {
  status("");
}

Observer ConsoleObserver::observer() {
  Observer result;
  result.phase = [this](const std::string& what) { phase(what); };
  result.step = [this](View view, const std::string& label, const std::string& backend, std::int64_t number,
                       std::int64_t most,
                       double seconds) { step(view, label, backend, number, most, seconds); };
  result.view_done = [this](View view, const auto& backends, const Findings&) { view_done(view, backends); };
  return result;
}

void ConsoleObserver::status(const std::string& text) {
  if (terminal_) std::cerr << "\r\033[K" << text << std::flush;
}

void ConsoleObserver::phase(const std::string& what) {
  status(fmt::format("{} {}: {} …", experiment_.model->name, to_string(experiment_.pass), what));
}

void ConsoleObserver::step(View view, const std::string& label, const std::string& backend,
                           std::int64_t number, std::int64_t most, double seconds) {
  if (view == View::network && (number % steps_a_line == 0 || number == most)) {
    status("");
    const std::string who = experiment_.backends.size() > 1 ? backend + ", " : "";
    out_ << fmt::format("{}step {:>{}}, duration = {}\n", who, number, fmt::formatted_size("{}", most),
                        duration(seconds))
         << std::flush;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - latest_status_ < status_interval) return;
  latest_status_ = now;
  const std::string what =
      label.empty() ? std::string(to_string(view)) : fmt::format("{} {}", to_string(view), label);
  status(fmt::format("{} {}, {}, {}: step {} of {}, at most {:.0f} s left", experiment_.model->name,
                     to_string(experiment_.pass), backend, what, number, most,
                     static_cast<double>(most - number) * seconds));
}

void ConsoleObserver::view_done(View view, const std::vector<const BackendReport*>& backends) {
  status("");
  const std::optional<Ceilings> ceilings =
      experiment_.ceilings != nullptr ? experiment_.ceilings->ceilings() : std::nullopt;
  for (const BackendReport* backend : backends) {
    const ReportedBackend of{*experiment_.model, experiment_.pass, *backend};
    switch (view) {
      case View::network:
        print_network(out_, of);
        break;
      case View::layers:
      case View::isolated:
        print_layers(out_, of, view, ceilings);
        break;
      case View::prefix:
        print_prefixes(out_, of);
        break;
    }
  }
  out_ << std::flush;
}

}  // namespace cnnbench
