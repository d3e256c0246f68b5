#include "harness/report/console_flags.h"

#include <fmt/format.h>

#include <map>
#include <ostream>

#include "harness/report/format.h"
#include "harness/report/layer_times.h"

namespace cnnbench {

void print_flags(std::ostream& out, const std::vector<const Record*>& records) {
  struct Kind {
    int count = 0;
    bool same = true;  ///< texts: it is about the whole view
    const Record* worst = nullptr;
    Flag flag;
  };
  std::map<std::string, Kind> kinds;
  for (const Record* record : records)
    for (const Flag& flag : record->flags) {
      Kind& kind = kinds[flag.about];
      ++kind.count;
      kind.same = kind.same && (kind.worst == nullptr || kind.flag.text == flag.text);
      if (kind.worst != nullptr && flag.size <= kind.flag.size) continue;
      kind.worst = record;
      kind.flag = flag;
    }
  for (const auto& [about, kind] : kinds) {
    const bool of_the_view = kind.same && kind.count > 1 && kind.count == static_cast<int>(records.size());
    const std::string where =
        of_the_view ? ""
                    : fmt::format("in {} of the {} times above; at worst {} {}: ", kind.count, records.size(),
                                  kind.worst->layer, direction_name(*kind.worst));
    print_wrapped(out, fmt::format("{}: {}{}", about, where, kind.flag.text), "    ", "  FLAG: ");
  }
}

}  // namespace cnnbench
