#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace cnnbench {

/// kernel, os, load_average, cgroup_cpu_limit, cgroup_memory_limit_bytes, virtualization.
nlohmann::ordered_json system_facts(const std::filesystem::path& root);

/// The variables that change how the libraries behind the numbers work (OMP_*, DNNL_*, OPENBLAS_*,
/// LD_PRELOAD, OMPI_MCA_*, …), sorted
/// by name. Those that mpirun sets anew for each run, such as addresses and folders of that run, are left
/// out. `environment` is a null-terminated list of "NAME=value", as environ.
nlohmann::ordered_json environment_variables(const char* const* environment);

}  // namespace cnnbench
