#pragma once

#include <algorithm>
#include <barrier>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "harness/cluster/cluster.h"

namespace cnnbench {

/// Several ranks without MPI, a thread each: what is built on the calls of Cluster is tested with it.
class ThreadCluster final : public Cluster {
 public:
  /// Runs `body` on `size` ranks at once and waits for all of them.
  static void run(int size, const std::function<void(Cluster&)>& body) {
    Shared shared(size);
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] {
        ThreadCluster cluster(shared, rank);
        body(cluster);
      });
    }
  }

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(shared_.texts.size()); }
  void barrier() override { shared_.barrier.arrive_and_wait(); }

  std::vector<double> gather(std::span<const double> values) override {
    shared_.values[rank_].assign(values.begin(), values.end());
    barrier();
    std::vector<double> all;
    if (is_root()) {
      for (const auto& part : shared_.values) all.insert(all.end(), part.begin(), part.end());
    }
    barrier();
    return all;
  }

  std::vector<std::string> gather(const std::string& text) override {
    const std::vector<std::string> all = all_gather(text);
    return is_root() ? all : std::vector<std::string>();
  }

  int broadcast(int value) override { return std::stoi(broadcast(std::to_string(value))); }
  std::string broadcast(const std::string& text) override { return all_gather(text)[0]; }

  int max(int value) override {
    int most = value;
    for (const std::string& text : all_gather(std::to_string(value))) most = std::max(most, std::stoi(text));
    return most;
  }

  int node_size() const override { return size(); }
  int node_rank() const override { return rank_; }
  std::string library() const override { return "none"; }

 private:
  struct Shared {
    explicit Shared(int size) : barrier(size), texts(size), values(size) {}
    std::barrier<> barrier;
    std::vector<std::string> texts;
    std::vector<std::vector<double>> values;
  };

  ThreadCluster(Shared& shared, int rank) : shared_(shared), rank_(rank) {}

  std::vector<std::string> all_gather(const std::string& text) {
    shared_.texts[rank_] = text;
    barrier();
    std::vector<std::string> all = shared_.texts;
    barrier();
    return all;
  }

  Shared& shared_;
  int rank_;
};

}  // namespace cnnbench
