#pragma once

#include <nlohmann/json.hpp>

namespace cnnbench {

/// compiler, flags, type, git_commit, git_clean, version of this program's build. Commit and cleanness are
/// those of the source tree when this was last built; null where it was no git checkout.
nlohmann::ordered_json build_facts();

}  // namespace cnnbench
