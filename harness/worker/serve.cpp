#include <sys/prctl.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <new>
#include <stdexcept>
#include <vector>

#include "harness/backend/startable_threads.h"
#include "harness/cluster/openmp_binding.h"
#include "harness/cluster/team.h"
#include "harness/measure/timed_program.h"
#include "harness/worker/channel.h"
#include "harness/worker/model_json.h"
#include "harness/worker/protocol.h"
#include "harness/worker/worker.h"

namespace cnnbench {
namespace {

using Json = nlohmann::json;

/// As settle_threads() of the process that started this one; that one counted its own threads only.
void expect_team(int threads) {
  static int counted = 1;  // its threads live on
  if (counted >= threads) return;
  const int startable = StartableThreads(threads - 1).count();
  const Team team = open_team(threads, startable);
  if (team.threads < threads)
    throw std::runtime_error(std::to_string(team.threads) + " of the " + std::to_string(threads) +
                             " threads run in its process: " + team.cause);
  counted = threads;
}

/// The programs of one backend, and the calls that they get.
class Server {
 public:
  Server(Channel& channel, const Backend& backend) : channel_(channel), backend_(backend) {}

  /// Answers one call; the answer may be followed by numbers.
  void serve(const Json& request) {
    const std::string what = request.at("do").get<std::string>();
    if (what == "facts") return channel_.send({{"facts", backend_.facts()}});
    if (what == "warnings") return channel_.send({{"warnings", backend_.warnings()}});
    if (what == "prepare") return prepare(request);
    const int id = request.at("program").get<int>();
    if (what == "free") {
      programs_.erase(id);
      return channel_.send(Json::object());
    }
    Entry& entry = programs_.at(id);
    Program& program = *entry.program;
    if (what == "step") return step(entry, request);
    if (what == "lead in") return lead_in(entry, request);
    if (what == "flush") return flush(request);
    if (what == "read") return read(program, request);
    if (what == "write") return write(program, request);
    if (what == "parameters") return send(program.parameters());
    if (what == "gradients") return send(program.gradients());
    if (what == "loss") return send_loss(program.loss());
    if (what == "replacements") return send(program.replacements());
    if (what != "run") throw std::runtime_error("no such call: " + what);
    program.run(request.at("operation").get<std::size_t>());
    channel_.send(Json::object());
  }

 private:
  struct Entry {
    std::unique_ptr<Program> program;
    std::map<int, TimedStep> timings;  ///< made when they are first asked for
  };

  void prepare(const Json& request) {
    PrepareOptions options;
    options.pass = static_cast<Pass>(request.at("pass").get<int>());
    options.batch = request.at("batch").get<std::int64_t>();
    options.threads = request.at("threads").get<int>();
    options.seed = request.at("seed").get<std::uint64_t>();
    for (const Json& each : request.at("distrusted"))
      options.distrusted.push_back({each.at("layer").get<std::string>(),
                                    static_cast<Direction>(each.at("direction").get<int>()),
                                    each.at("implementation").get<std::string>()});
    const OnAllPlaces all_places;
    expect_team(options.threads);
    Entry entry;
    entry.program = backend_.prepare(model_from_json(request.at("model")), options);
    Json operations = Json::array();
    for (const Operation& operation : entry.program->operations())
      operations.push_back({{"layer", operation.layer},
                            {"direction", static_cast<int>(operation.direction)},
                            {"implementation", operation.implementation},
                            {"layout", operation.layout},
                            {"algorithm", static_cast<int>(operation.algorithm)},
                            {"error_growth", operation.error_growth}});
    const int id = next_++;
    programs_.emplace(id, std::move(entry));
    channel_.send({{"program", id}, {"operations", operations}});
  }

  /// A way to time the program: whole steps, all operations, or those of a layer.
  TimedStep& timing(Entry& entry, const Json& request) {
    const int what = request.at("timing").get<int>();
    TimedStep& step = entry.timings[what];
    if (!step.run) {
      Program& program = *entry.program;
      step = what == protocol::whole_step       ? time_whole_step(program, clock_)
             : what == protocol::all_operations ? time_operations(program, clock_)
                                                : time_layer(program, clock_, what);
    }
    return step;
  }

  void lead_in(Entry& entry, const Json& request) {
    timing(entry, request).lead_in();
    channel_.send(Json::object());
  }

  void flush(const Json& request) {
    flush_caches(request.at("threads").get<int>());
    channel_.send(Json::object());
  }

  void step(Entry& entry, const Json& request) {
    const auto parts = request.at("parts").get<std::size_t>();
    std::vector<double> times(parts + 1);  // and the start, by the clock of the one that asks
    const double start = timing(entry, request).run(std::span(times).first(parts));
    times.back() =
        start + 1e-9 * static_cast<double>(clock_.origin() - request.at("origin").get<std::int64_t>());
    channel_.send(Json::object());
    channel_.send_bytes(std::as_bytes(std::span(times)));
  }

  void read(Program& program, const Json& request) {
    std::vector<float> plain(request.at("count").get<std::size_t>());
    program.read(request.at("layer").get<int>(), tensor(request), plain);
    channel_.send(Json::object());
    channel_.send_bytes(std::as_bytes(std::span(plain)));
  }

  void write(Program& program, const Json& request) {
    std::vector<float> plain(request.at("count").get<std::size_t>());
    channel_.receive_bytes(std::as_writable_bytes(std::span(plain)));
    program.write(request.at("layer").get<int>(), tensor(request), plain);
    channel_.send(Json::object());
  }

  void send_loss(double loss) {
    channel_.send(Json::object());
    channel_.send_bytes(std::as_bytes(std::span(&loss, 1)));
  }

  void send(const std::vector<Replacement>& replacements) {
    Json list = Json::array();
    for (const Replacement& each : replacements)
      list.push_back({{"layer", each.layer},
                      {"operation", each.operation},
                      {"implementation", each.implementation},
                      {"taken", each.taken},
                      {"message", each.message}});
    channel_.send({{"replacements", list}});
  }

  void send(std::span<const float> values) {
    channel_.send({{"count", values.size()}});
    channel_.send_bytes(std::as_bytes(values));
  }

  static Tensor tensor(const Json& request) { return static_cast<Tensor>(request.at("tensor").get<int>()); }

  Channel& channel_;
  const Backend& backend_;
  SteadyClock clock_;
  std::map<int, Entry> programs_;
  int next_ = 0;
};

/// Answers a call with what it threw.
void refuse(Channel& channel, const char* kind, const std::string& what) {
  channel.send({{"error", what}, {"kind", kind}});
}

}  // namespace

bool is_worker() {
  return std::getenv(protocol::descriptor_variable) != nullptr;
}

int serve() {
  // Ctrl-C is for the process that started this one: it ends when that does.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Where that ends while this one computes, nobody reads what this one would answer.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  fix_team_size();
  Channel channel(std::atoi(std::getenv(protocol::descriptor_variable)));
  const char* const name = std::getenv(protocol::backend_variable);
  const Backend* const backend = name != nullptr ? find_backend(name) : nullptr;
  if (backend == nullptr) return 2;
  Server server(channel, *backend);
  while (true) {
    Json request;
    try {
      request = channel.receive();
    } catch (const std::runtime_error&) {
      return 0;  // the other end is closed
    }
    try {
      server.serve(request);
    } catch (const std::bad_alloc&) {
      refuse(channel, protocol::out_of_memory, "out of memory");
    } catch (const std::invalid_argument& error) {
      refuse(channel, protocol::bad_argument, error.what());
    } catch (const std::exception& error) {
      refuse(channel, protocol::failed, error.what());
    }
  }
}

}  // namespace cnnbench
