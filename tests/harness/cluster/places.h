#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "harness/cluster/placement.h"

namespace cnnbench {

/// The numbers first … last.
inline std::vector<int> range(int first, int last) {
  std::vector<int> numbers(last - first + 1);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

/// A rank on a node of one package.
inline RankPlace rank_on(int rank, std::vector<int> cores, int cores_on_node, std::string host = "node01") {
  RankPlace place;
  place.rank = rank;
  place.host = std::move(host);
  place.cores = std::move(cores);
  place.cores_on_node = cores_on_node;
  return place;
}

inline std::vector<RankPlace> with_threads(std::vector<RankPlace> places, int threads) {
  for (RankPlace& place : places) place.requested_threads = threads;
  return places;
}

inline std::vector<RankPlace> with_limit(std::vector<RankPlace> places, double cpus) {
  for (RankPlace& place : places) place.cpu_limit = cpus;
  return places;
}

inline std::vector<RankPlace> with_packages(std::vector<RankPlace> places, int packages) {
  for (RankPlace& place : places) place.packages_on_node = packages;
  return places;
}

}  // namespace cnnbench
