#include "harness/choices.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/plan.h"
#include "harness/shared_inputs.h"

namespace cnnbench {
namespace {

using Json = nlohmann::json;

Json parsed(const std::string& file) {
  errno = 0;
  std::ifstream in(file);
  in.peek();  // a folder can be opened
  if (!in) throw UserError(fmt::format("--choices: {}: {}", file, std::strerror(errno)));
  try {
    return Json::parse(in);
  } catch (const Json::parse_error& error) {
    const std::string what = error.what();  // "[json.exception.parse_error.101] parse error at line 1, …"
    throw UserError(fmt::format("--choices: {}: {}", file, what.substr(what.find("] ") + 2)));
  }
}

/// Backend, key and chosen name of each.
Json read_choices(const std::string& file) {
  const Json document = parsed(file);
  const std::string place = document.contains("cnnbench") ? "cnnbench.choices" : "choices";
  const Json& own = document.contains("cnnbench") ? document["cnnbench"] : document;
  if (!own.is_object() || !own.contains("choices") || !own["choices"].is_array())
    throw UserError(fmt::format("--choices: {}: there is no list {}", file, place));
  Json list = Json::array();
  for (const Json& choice : own["choices"]) {
    Json words = Json::array();
    for (const char* const name : {"backend", "key", "chosen"}) {
      if (!choice.is_object() || !choice.contains(name) || !choice[name].is_string())
        throw UserError(
            fmt::format("--choices: {}: {}[{}].{} is not a text", file, place, list.size(), name));
      words.push_back(choice[name]);
    }
    list.push_back(std::move(words));
  }
  return list;
}

}  // namespace

std::vector<Choice> shared_choices(Cluster& cluster, const std::string& file) {
  if (file.empty()) return {};
  std::vector<Choice> choices;
  for (const Json& words : Json::parse(from_rank_0(cluster, [&] { return read_choices(file).dump(); })))
    choices.push_back({.backend = words[0].get<std::string>(),
                       .key = words[1].get<std::string>(),
                       .chosen = words[2].get<std::string>()});
  return choices;
}

}  // namespace cnnbench
