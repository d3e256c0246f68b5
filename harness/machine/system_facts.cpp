#include "harness/machine/system_facts.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/machine/cgroup.h"
#include "harness/machine/facts.h"
#include "harness/machine/files.h"
#include "harness/machine/nullable.h"

namespace cnnbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

Json os_name(const fs::path& root) {
  for (const char* file : {"etc/os-release", "usr/lib/os-release"}) {
    if (const auto name = find_value(read_text(root / file).value_or(""), "PRETTY_NAME", '='))
      return unquoted(*name);
  }
  return nullptr;
}

Json kernel(const fs::path& root) {
  const auto type = read_text(root / "proc/sys/kernel/ostype");
  const auto release = read_text(root / "proc/sys/kernel/osrelease");
  return type && release ? Json(*type + " " + *release) : Json();
}

/// Over 1, 5 and 15 minutes.
Json load_average(const fs::path& root) {
  const std::vector<std::string> words = split_words(read_text(root / "proc/loadavg").value_or(""));
  if (words.size() < 3) return nullptr;
  Json loads = Json::array();
  for (int i = 0; i < 3; ++i) loads.push_back(std::strtod(words[i].c_str(), nullptr));
  return loads;
}

/// x86 kernels show the flag `hypervisor` in every virtual machine; others say nothing.
Json has_hypervisor(const fs::path& root) {
  const auto flags = find_value(read_text(root / "proc/cpuinfo").value_or(""), "flags");
  if (!flags) return nullptr;
  return (" " + *flags + " ").find(" hypervisor ") != std::string::npos;
}

/// The maker's and the machine's name: "QEMU Standard PC (Q35 + ICH9, 2009)", "Amazon EC2 c7i.large".
Json product(const fs::path& root) {
  const auto vendor = read_text(root / "sys/class/dmi/id/sys_vendor");
  const auto name = read_text(root / "sys/class/dmi/id/product_name");
  if (!vendor || !name) return nullptr;
  return *vendor + " " + *name;
}

/// The marks that container engines leave. That there is none does not prove that this is no container.
Json container(const fs::path& root) {
  std::error_code ignored;
  if (fs::exists(root / ".dockerenv", ignored)) return "docker";
  if (fs::exists(root / "run/.containerenv", ignored)) return "podman";
  return nullable(read_text(root / "run/systemd/container"));
}

bool starts_with_any(const std::string& text, std::initializer_list<const char*> prefixes) {
  for (const char* prefix : prefixes) {
    if (text.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

bool is_relevant(const std::string& name) {
  return starts_with_any(name, {"OMP_", "GOMP_", "KMP_", "DNNL_", "ONEDNN_", "OPENBLAS_", "GOTO_", "BLIS_",
                                "MKL_", "ATEN_", "TORCH_", "PYTORCH_", "MALLOC_", "GLIBC_TUNABLES",
                                "LD_PRELOAD", "LD_LIBRARY_PATH", "OMPI_MCA_"}) &&
         !starts_with_any(name,
                          {"OMPI_MCA_orte_", "OMPI_MCA_ess", "OMPI_MCA_pmix", "OMPI_MCA_shmem_RUNTIME",
                           "OMPI_MCA_initial_wdir", "OMPI_MCA_num_procs", "OMPI_MCA_mca_base_component_path",
                           "OMPI_MCA_cpu_type", "OMPI_MCA_PREFIXES", "OMPI_MCA_mpi_oversubscribe"});
}

}  // namespace

std::optional<double> cgroup_cpu_limit() {
  return read_cgroup_limits("/").cpus;
}

Json system_facts(const fs::path& root) {
  const CgroupLimits limits = read_cgroup_limits(root);
  return {
      {"kernel", kernel(root)},
      {"os", os_name(root)},
      {"load_average", load_average(root)},
      {"cgroup_cpu_limit", nullable(limits.cpus)},
      {"cgroup_memory_limit_bytes", nullable(limits.memory_bytes)},
      {"virtualization",
       {{"hypervisor", has_hypervisor(root)}, {"product", product(root)}, {"container", container(root)}}}};
}

Json environment_variables(const char* const* environment) {
  std::map<std::string, std::string> sorted;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string entry = *environment;
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || !is_relevant(entry.substr(0, equals))) continue;
    sorted[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  Json variables = Json::object();
  for (const auto& [name, value] : sorted) variables[name] = value;
  return variables;
}

}  // namespace cnnbench
