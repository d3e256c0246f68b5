// A small program for launch_test.py: prints what place() says, or behaves as its first argument asks.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "harness/cluster/cluster.h"
#include "harness/cluster/placement.h"

using namespace cnnbench;

namespace {

constexpr int kMostSteps = 5000;  // so that no process stays behind where a test fails

void print_placement(Cluster& cluster, int requested_threads) {
  const Placement placement = place(cluster, requested_threads, 0);
  if (!cluster.is_root()) return;
  for (int threads : placement.threads) std::printf("threads %d\n", threads);
  for (const std::string& warning : placement.warnings) std::printf("warning %s\n", warning.c_str());
}

/// Rank 1 fails while the others wait for it.
void fail_alone(Cluster& cluster) {
  if (cluster.rank() == 1) throw std::runtime_error("rank 1 fails");
  cluster.barrier();
}

/// Says which process is the last rank, steps until any rank has been interrupted, then says how it ended.
void wait_for_interruption(Cluster& cluster) {
  watch_interruptions();
  cluster.barrier();
  if (cluster.rank() == cluster.size() - 1) {
    std::printf("%d\n", static_cast<int>(getpid()));
    std::fflush(stdout);
  }
  bool ended = false;
  for (int step = 0; step < kMostSteps && !ended; ++step) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ended = cluster.max(interrupted() ? 1 : 0) != 0;
  }
  if (cluster.is_root()) std::printf(ended ? "ended in order\n" : "never interrupted\n");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::unique_ptr<Cluster> cluster = make_cluster(argc, argv);
    const std::string what = argc > 1 ? argv[1] : "0";
    if (what == "fail") {
      fail_alone(*cluster);
    } else if (what == "wait") {
      wait_for_interruption(*cluster);
    } else if (what == "yield") {
      const char* const yields = std::getenv("OMPI_MCA_mpi_yield_when_idle");
      std::printf("%s\n", yields == nullptr ? "spins" : yields);
    } else {
      print_placement(*cluster, std::stoi(what));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
