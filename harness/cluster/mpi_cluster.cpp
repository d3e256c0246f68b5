#define OMPI_SKIP_MPICXX 1
#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include <climits>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <stdexcept>

#include "harness/cluster/cluster.h"

namespace cnnbench {
namespace {

/// MPI counts in int.
int checked_count(std::size_t count) {
  if (count > static_cast<std::size_t>(INT_MAX))
    throw std::length_error("more than 2^31 - 1 elements for one MPI call");
  return static_cast<int>(count);
}

/// Whether mpirun, whose mask its children inherit, has fewer logical CPUs than it has started ranks here.
/// False where this is not known.
bool more_ranks_than_cpus() {
  const char* const ranks = std::getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  return ranks != nullptr && sched_getaffinity(getppid(), sizeof cpus, &cpus) == 0 &&
         std::atoi(ranks) > CPU_COUNT(&cpus);
}

/// Errors inside MPI keep its default handler: they end all ranks, with MPI's own message.
class MpiCluster final : public Cluster {
 public:
  MpiCluster(int& argc, char**& argv) : exceptions_(std::uncaught_exceptions()) {
    int initialized = 0;
    MPI_Initialized(&initialized);
    if (initialized) throw std::logic_error("MPI can be initialised only once in a process");
    // Without mpirun, Open MPI 4 would start a daemon, which fails in a container that has no network. It
    // only serves to start further processes, which is never done here; with mpirun and with Open MPI 5 this
    // changes nothing.
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    // A rank that waits for a message spins to the end of its time slice, on the core that the other needs to
    // send it. Where ranks have cores of their own, spinning sees the message sooner, by about 1 µs.
    if (more_ranks_than_cpus()) setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm node = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &node_rank_);
    MPI_Comm_size(node, &node_size_);
    node_ = rank_;
    MPI_Bcast(&node_, 1, MPI_INT, 0, node);  // ordered by rank: its first is the lowest
    MPI_Comm_free(&node);
  }

  ~MpiCluster() override {
    if (size_ > 1 && std::uncaught_exceptions() > exceptions_) {
      std::fprintf(stderr, "rank %d: ended by an exception; all ranks are stopped\n", rank_);
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Finalize();
  }

  MpiCluster(const MpiCluster&) = delete;
  MpiCluster& operator=(const MpiCluster&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int node_size() const override { return node_size_; }
  int node_rank() const override { return node_rank_; }
  int node() const override { return node_; }

  void send(int rank, double value) override { MPI_Send(&value, 1, MPI_DOUBLE, rank, 0, MPI_COMM_WORLD); }

  double receive(int rank) override {
    double value = 0;
    MPI_Recv(&value, 1, MPI_DOUBLE, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return value;
  }

  void barrier() override { MPI_Barrier(MPI_COMM_WORLD); }

  std::vector<double> gather(std::span<const double> values) override {
    const int count = checked_count(values.size());
    std::vector<double> all(is_root() ? values.size() * static_cast<std::size_t>(size_) : 0);
    MPI_Gather(values.data(), count, MPI_DOUBLE, all.data(), count, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    return all;
  }

  std::vector<std::string> gather(const std::string& text) override {
    // Every rank learns all sizes, so that all of them throw where the sum is too large for one call.
    const unsigned long long own = text.size();
    std::vector<unsigned long long> sizes(static_cast<std::size_t>(size_));
    MPI_Allgather(&own, 1, MPI_UNSIGNED_LONG_LONG, sizes.data(), 1, MPI_UNSIGNED_LONG_LONG, MPI_COMM_WORLD);
    const int total = checked_count(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}));
    const std::vector<int> counts(sizes.begin(), sizes.end());
    std::vector<int> offsets(counts.size());
    std::exclusive_scan(counts.begin(), counts.end(), offsets.begin(), 0);
    std::string joined(is_root() ? static_cast<std::size_t>(total) : 0, '\0');
    MPI_Gatherv(text.data(), static_cast<int>(own), MPI_CHAR, joined.data(), counts.data(), offsets.data(),
                MPI_CHAR, 0, MPI_COMM_WORLD);
    std::vector<std::string> texts;
    if (!is_root()) return texts;
    for (std::size_t i = 0; i < counts.size(); ++i) texts.push_back(joined.substr(offsets[i], counts[i]));
    return texts;
  }

  int broadcast(int value) override {
    MPI_Bcast(&value, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return value;
  }

  std::string broadcast(const std::string& text) override {
    unsigned long long size = text.size();
    MPI_Bcast(&size, 1, MPI_UNSIGNED_LONG_LONG, 0, MPI_COMM_WORLD);
    std::string result = is_root() ? text : std::string(size, '\0');
    MPI_Bcast(result.data(), checked_count(size), MPI_CHAR, 0, MPI_COMM_WORLD);
    return result;
  }

  int max(int value) override {
    int result = value;
    MPI_Allreduce(&value, &result, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return result;
  }

  std::string library() const override {
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(version, &length);
    const std::string text(version, static_cast<std::size_t>(length));
    return text.substr(0, text.find_first_of(std::string("\n\0", 2)));  // MPICH adds its whole configuration
  }

 private:
  int exceptions_;
  int rank_ = 0;
  int size_ = 1;
  int node_rank_ = 0;
  int node_size_ = 1;
  int node_ = 0;
};

}  // namespace

std::unique_ptr<Cluster> make_cluster(int& argc, char**& argv) {
  return std::make_unique<MpiCluster>(argc, argv);
}

}  // namespace cnnbench
