#pragma once

#include <algorithm>
#include <barrier>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/cluster/cluster.h"

namespace cnnbench {

/// Several ranks without MPI, a thread each: what is built on the calls of Cluster is tested with it.
class ThreadCluster final : public Cluster {
 public:
  /// Runs `body` on `size` ranks at once and waits for all of them. `separate`: every rank says that it has
  /// a node of its own.
  static void run(int size, const std::function<void(Cluster&)>& body, bool separate = false) {
    Shared shared(size);
    shared.separate = separate;
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
  int node() const override { return shared_.separate ? rank_ : 0; }

  void send(int rank, double value) override {
    {
      const std::lock_guard lock(shared_.mutex);
      shared_.messages[{rank_, rank}].push_back(value);
    }
    shared_.sent.notify_all();
  }

  double receive(int rank) override {
    std::unique_lock lock(shared_.mutex);
    std::deque<double>& waiting = shared_.messages[{rank, rank_}];
    shared_.sent.wait(lock, [&] { return !waiting.empty(); });
    const double value = waiting.front();
    waiting.pop_front();
    return value;
  }

  std::string library() const override { return "none"; }

 private:
  struct Shared {
    explicit Shared(int size) : barrier(size), texts(size), values(size) {}
    std::barrier<> barrier;
    std::vector<std::string> texts;
    std::vector<std::vector<double>> values;
    bool separate = false;
    std::mutex mutex;
    std::condition_variable sent;
    std::map<std::pair<int, int>, std::deque<double>> messages;  ///< (from, to) → not yet received
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
