#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace cnnbench {

/// The ranks of a run. All calls that wait for others but send() and receive() are collective: every rank
/// makes them in the same order. Tests put a fake in its place; the real one is the only user of MPI.
class Cluster {
 public:
  virtual ~Cluster() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool is_root() const { return rank() == 0; }

  virtual void barrier() = 0;

  /// On rank 0 the values of all ranks one after the other (rank-major, equal counts); empty elsewhere.
  virtual std::vector<double> gather(std::span<const double> values) = 0;

  /// On rank 0 every rank's text; empty elsewhere.
  virtual std::vector<std::string> gather(const std::string& text) = 0;

  /// Rank 0's value, on every rank.
  virtual int broadcast(int value) = 0;
  virtual std::string broadcast(const std::string& text) = 0;

  /// The largest value over the ranks, on every rank.
  virtual int max(int value) = 0;

  /// Ranks on this rank's node, and this rank's number among them.
  virtual int node_size() const = 0;
  virtual int node_rank() const = 0;
  /// The lowest rank on this rank's node: ranks that give the same one share a machine and its clock.
  virtual int node() const = 0;

  /// One number to another rank, which has to receive it.
  virtual void send(int rank, double value) = 0;
  virtual double receive(int rank) = 0;

  /// The library behind it: "Open MPI v4.1.4, …"; "none" for a fake.
  virtual std::string library() const = 0;
};

/// MPI over all ranks that mpirun started; one rank where there was no mpirun. Initialises MPI (only the
/// thread that calls may use it) and finalises it when destroyed. Where an exception on its way out destroys
/// it on one of several ranks, all ranks are ended with status 1: the others would wait for this one forever.
/// Throws std::logic_error where MPI was initialised before, which a process can do only once.
std::unique_ptr<Cluster> make_cluster(int& argc, char**& argv);

/// One rank, without MPI.
class SingleRank : public Cluster {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void barrier() override {}
  std::vector<double> gather(std::span<const double> values) override {
    return {values.begin(), values.end()};
  }
  std::vector<std::string> gather(const std::string& text) override { return {text}; }
  int broadcast(int value) override { return value; }
  std::string broadcast(const std::string& text) override { return text; }
  int max(int value) override { return value; }
  int node_size() const override { return 1; }
  int node_rank() const override { return 0; }
  int node() const override { return 0; }
  void send(int, double) override { throw std::logic_error("one rank has nobody to send to"); }
  double receive(int) override { throw std::logic_error("one rank has nobody to receive from"); }
  std::string library() const override { return "none"; }
};

/// The largest `severity` of all ranks, on every rank: 0 where all is fine, at most 9. Where it is not 0,
/// `message` becomes, on every rank, the message of the lowest rank that has it, led by "rank N on HOST: "
/// where other ranks found something else.
int worst(Cluster& cluster, int severity, std::string& message);

/// True on every rank where `ok` is true on every rank; else `message` is that of worst().
bool agree(Cluster& cluster, bool ok, std::string& message);

/// "rank 3 on node1".
std::string rank_in_words(int rank, const std::string& host);

/// This machine's name.
std::string host_name();
/// Keeps what there is when a signal ends a run that does not end by itself; returns the exit status.
using LastWords = std::function<int(int signal)>;

/// SIGINT and SIGTERM set a flag from now on (a second one ends the program at once). They no longer come to
/// this thread and those that it starts: to be called before any thread that runs kernels is started. Where
/// the run does not call interruption_noticed() within 4 s, because a step takes longer or a library hangs,
/// another thread calls `last_words` and ends the process, without them with status 128 + the number of the
/// signal. Under mpirun, that ends all ranks.
void watch_interruptions(LastWords last_words = {});

/// True once such a signal has come to this process.
bool interrupted();

/// The run is over, or has seen the flag and is on its way to its end.
void interruption_noticed();

}  // namespace cnnbench
