#include "harness/read_choices.h"

#include <fmt/format.h>

#include <istream>
#include <nlohmann/json.hpp>

#include "harness/plan.h"

namespace cnnbench {
namespace {

nlohmann::json parsed(std::istream& in, const std::string& name) {
  try {
    return nlohmann::json::parse(in);
  } catch (const nlohmann::json::exception& error) {
    const std::string what = error.what();  // "[json.exception.parse_error.101] parse error at line 1, …"
    throw UserError(fmt::format("--choices: {}: {}", name, what.substr(what.find("] ") + 2)));
  }
}

}  // namespace

std::vector<Choice> read_choices(std::istream& in, const std::string& name) {
  const nlohmann::json document = parsed(in, name);
  const std::string place = document.contains("cnnbench") ? "cnnbench.choices" : "choices";
  const nlohmann::json& own = document.contains("cnnbench") ? document["cnnbench"] : document;
  if (!own.is_object() || !own.contains("choices") || !own["choices"].is_array())
    throw UserError(fmt::format("--choices: {}: there is no list {}", name, place));
  std::vector<Choice> choices;
  for (const nlohmann::json& one : own["choices"]) {
    const auto text = [&](const char* key) {
      if (!one.is_object() || !one.contains(key) || !one[key].is_string())
        throw UserError(
            fmt::format("--choices: {}: {}[{}].{} is not a text", name, place, choices.size(), key));
      return one[key].get<std::string>();
    };
    Choice choice;
    choice.backend = text("backend");
    choice.key = text("key");
    choice.chosen = text("chosen");
    choices.push_back(std::move(choice));
  }
  return choices;
}

}  // namespace cnnbench
