#include "harness/machine/build_facts.h"

#include <string>

#include "harness/machine/build_info.h"  // written by cmake/build_info.cmake at every build, touched only where it changes

namespace cnnbench {

nlohmann::ordered_json build_facts() {
  using Json = nlohmann::ordered_json;
  const std::string commit = build_info::git_commit;
  const std::string type = build_info::type;
  return {{"compiler", build_info::compiler},
          {"flags", build_info::flags},
          {"type", type.empty() ? Json() : Json(type)},
          {"git_commit", commit.empty() ? Json() : Json(commit)},
          {"git_clean", commit.empty() ? Json() : Json(build_info::git_clean)},
          {"version", build_info::version}};
}

}  // namespace cnnbench
