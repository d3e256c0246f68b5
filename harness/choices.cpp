#include "harness/choices.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/plan.h"
#include "harness/read_choices.h"
#include "harness/shared_inputs.h"

namespace cnnbench {

std::vector<Choice> shared_choices(Cluster& cluster, const std::string& file) {
  using Json = nlohmann::json;
  if (file.empty()) return {};
  const std::string text = from_rank_0(cluster, [&] {
    errno = 0;
    std::ifstream in(file);
    in.peek();  // a folder can be opened
    if (!in) throw UserError(fmt::format("--choices: {}: {}", file, std::strerror(errno)));
    Json list = Json::array();
    for (const Choice& choice : read_choices(in, file))
      list.push_back(Json::array({choice.backend, choice.key, choice.chosen}));
    return list.dump();
  });
  std::vector<Choice> choices;
  for (const Json& words : Json::parse(text))
    choices.push_back({.backend = words[0].get<std::string>(),
                       .key = words[1].get<std::string>(),
                       .chosen = words[2].get<std::string>()});
  return choices;
}

}  // namespace cnnbench
