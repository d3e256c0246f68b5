#pragma once

#include <iosfwd>

namespace cnnbench {

/// --list-backends: every backend with version, facts, and the layers that it does not support, with the
/// reason.
void list_backends(std::ostream& out);

}  // namespace cnnbench
