#include "harness/list_backends.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "harness/backend/choice.h"
#include "harness/model/layer_rules.h"
#include "harness/report/format.h"
#include "harness/worker/worker.h"

namespace cnnbench {
namespace {

/// The probes of all kinds, those that have FLOPs first.
std::vector<Layer> probes() {
  std::vector<Layer> all = all_probes();
  std::stable_partition(all.begin(), all.end(), [](const Layer& probe) {
    return rules_of(probe.kind).sizes_for(probe_input).sum.counted;
  });
  return all;
}

/// What a backend supports in a pass, in lines for the user.
std::vector<std::string> support(const Backend& backend, Pass pass) {
  std::string supported;
  std::map<std::string, std::string> unsupported;  // reason → layers
  for (const Layer& probe : probes()) {
    const Model model = build_model("probe", "", probe_input, {probe}, Loss::l2, {true});
    const std::string reason = backend.unsupported(model.layers[0], pass);
    std::string& list = reason.empty() ? supported : unsupported[reason];
    list += (list.empty() ? "" : "; ") + probe.name;
  }
  if (unsupported.empty()) return {"all layers"};
  std::vector<std::string> lines;
  if (!supported.empty()) lines.push_back(supported);
  for (const auto& [reason, layers] : unsupported)
    lines.push_back(fmt::format("not supported: {} ({})", layers, reason));
  return lines;
}

void list_backend(std::ostream& out, const Backend& backend) {
  const auto forward = support(backend, Pass::forward);
  const auto training = support(backend, Pass::forward_backward);
  const auto print = [&](const std::string& passes, const std::vector<std::string>& lines) {
    for (const std::string& line : lines)
      print_wrapped(out, line, "    ", "  " + (&line == &lines.front() ? passes + ": " : ""));
  };
  print(forward == training ? "forward, forward-backward" : "forward", forward);
  if (forward != training) print("forward-backward", training);
}

}  // namespace

void list_backends(std::ostream& out) {
  for (const BackendChoice& choice : backend_choices()) {
    const Backend* backend = nullptr;
    std::string state = choice.missing;
    if (state.empty()) try {
        backend = backend_of(choice);
        state = backend->version();
        for (const auto& [key, value] : backend->facts()) state += fmt::format(", {} {}", key, value);
      } catch (const std::exception& error) {
        state = error.what();
      }
    out << fmt::format("{}: {}\n", choice.name, state);
    if (!choice.about.empty()) out << "  " << choice.about << '\n';
    if (backend == nullptr) continue;
    for (const std::string& warning : backend->warnings()) print_wrapped(out, warning, "    ", "  WARNING: ");
    list_backend(out, *backend);
  }
}

}  // namespace cnnbench
