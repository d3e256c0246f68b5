#include "harness/machine/facts.h"

#include <unistd.h>

#include "harness/machine/build_facts.h"
#include "harness/machine/cpu_facts.h"
#include "harness/machine/files.h"
#include "harness/machine/memory_facts.h"
#include "harness/machine/nullable.h"
#include "harness/machine/system_facts.h"

namespace cnnbench {

nlohmann::ordered_json machine_facts() {
  const std::filesystem::path root = "/";
  nlohmann::ordered_json facts;
  facts["host"] = nullable(read_text(root / "proc/sys/kernel/hostname"));
  facts.update(cpu_facts(root));
  facts.update(memory_facts(root));
  facts.update(system_facts(root));
  facts["environment_variables"] = environment_variables(environ);
  facts["build"] = build_facts();
  return facts;
}

}  // namespace cnnbench
