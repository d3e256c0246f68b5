#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <new>
#include <stdexcept>
#include <vector>

#include "harness/measure/timed_program.h"
#include "harness/worker/channel.h"
#include "harness/worker/model_json.h"
#include "harness/worker/protocol.h"
#include "harness/worker/worker.h"

namespace cnnbench {
namespace {

using Json = nlohmann::json;

/// The environment of this process with some variables set otherwise, as posix_spawn(3) takes it.
std::vector<std::string> environment_with(std::vector<std::pair<std::string, std::string>> variables) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : variables) replaced = replaced || text.starts_with(name + "=");
    if (!replaced) all.push_back(text);
  }
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  return all;
}

/// The other process, and the way to it.
class Worker {
 public:
  explicit Worker(const BackendChoice& choice) : name_(choice.name) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
      throw std::runtime_error(std::string("no socket for its process: ") + std::strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    channel_ = std::make_unique<Channel>(ends[0]);
    auto variables = choice.environment;
    variables.emplace_back(protocol::descriptor_variable, std::to_string(ends[1]));
    variables.emplace_back(protocol::backend_variable, choice.name);
    std::vector<std::string> environment = environment_with(variables);
    std::vector<char*> pointers;
    for (std::string& entry : environment) pointers.push_back(entry.data());
    pointers.push_back(nullptr);
    std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    char* const arguments[] = {program.data(), nullptr};
    const int error = posix_spawn(&process_, program.c_str(), nullptr, nullptr, arguments, pointers.data());
    close(ends[1]);
    if (error != 0)
      throw std::runtime_error(std::string("its process does not start: ") + std::strerror(error));
  }

  ~Worker() {
    channel_.reset();  // it ends when this end is closed
    waitpid(process_, nullptr, 0);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int process() const { return process_; }
  Channel& channel() { return *channel_; }

  /// Sends a call and takes the answer; throws here what was thrown there.
  Json call(const Json& request) {
    try {
      channel_->send(request);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(name_ + ": " + error.what());
    }
    return answer();
  }

  Json answer() {
    Json reply;
    try {
      reply = channel_->receive();
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(name_ + ": " + error.what());
    }
    if (!reply.contains("error")) return reply;
    const std::string what = reply["error"].get<std::string>();
    if (reply["kind"] == protocol::out_of_memory) throw std::bad_alloc();
    if (reply["kind"] == protocol::bad_argument) throw std::invalid_argument(what);
    throw std::runtime_error(what);
  }

 private:
  std::string name_;
  std::unique_ptr<Channel> channel_;
  pid_t process_ = 0;
};

class WorkerProgram final : public Program, public TimedElsewhere {
 public:
  WorkerProgram(std::shared_ptr<Worker> worker, const Json& prepared)
      : worker_(std::move(worker)), id_(prepared.at("program").get<int>()) {
    for (const Json& operation : prepared.at("operations"))
      operations_.push_back(
          {operation.at("layer").get<int>(), static_cast<Direction>(operation.at("direction").get<int>()),
           operation.at("implementation").get<std::string>(), operation.at("layout").get<std::string>(),
           static_cast<Algorithm>(operation.at("algorithm").get<int>()),
           operation.at("error_growth").get<double>()});
  }

  ~WorkerProgram() override {
    try {
      call("free", {});
    } catch (const std::exception&) {  // it is gone, and the program with it
    }
  }

  const std::vector<Operation>& operations() const override { return operations_; }
  void run(std::size_t operation) override { call("run", {{"operation", operation}}); }

  void read(int layer, Tensor tensor, std::span<float> plain) override {
    call("read", {{"layer", layer}, {"tensor", static_cast<int>(tensor)}, {"count", plain.size()}});
    worker_->channel().receive_bytes(std::as_writable_bytes(plain));
  }

  void write(int layer, Tensor tensor, std::span<const float> plain) override {
    Json request = of_this({{"layer", layer}, {"tensor", static_cast<int>(tensor)}, {"count", plain.size()}});
    request["do"] = "write";
    worker_->channel().send(request);
    worker_->channel().send_bytes(std::as_bytes(plain));
    worker_->answer();
  }

  double loss() const override {
    call("loss", {});
    double loss = 0;  // as bytes: JSON has no NaN
    worker_->channel().receive_bytes(std::as_writable_bytes(std::span(&loss, 1)));
    return loss;
  }
  std::span<float> parameters() override { return copied("parameters", parameters_); }
  std::span<float> gradients() override { return copied("gradients", gradients_); }

  std::vector<Replacement> replacements() const override {
    const Json reply = call("replacements", {});
    std::vector<Replacement> all;
    for (const Json& each : reply.at("replacements"))
      all.push_back({each.at("layer").get<int>(), each.at("operation").get<std::string>(),
                     each.at("implementation").get<std::string>(), each.at("taken").get<std::string>(),
                     each.at("message").get<std::string>()});
    return all;
  }

  TimedStep timed_whole_step(Clock& clock) override {
    return timed_step(1, {{"timing", protocol::whole_step}}, clock);
  }

  void flush_caches(int threads) override { call("flush", {{"threads", threads}}); }

  TimedStep timed_operations(std::optional<int> layer, Clock& clock) override {
    const std::size_t parts = group_operations(*this, layer).size();
    if (!layer) return timed_step(parts, {{"timing", protocol::all_operations}}, clock);
    TimedStep step = timed_step(parts, {{"timing", *layer}}, clock);
    step.lead_in = [this, layer] { call("lead in", {{"timing", *layer}}); };
    return step;
  }

 private:
  Json of_this(Json request) const {
    request["program"] = id_;
    return request;
  }
  Json call(const char* what, Json request) const {
    request["do"] = what;
    return worker_->call(of_this(std::move(request)));
  }

  TimedStep timed_step(std::size_t parts, const Json& what, Clock& clock) {
    TimedStep step;
    step.parts = parts;
    step.run = [this, what, &clock](std::span<double> seconds) {
      Json request = what;
      request["parts"] = seconds.size();
      request["origin"] = clock.origin();
      call("step", std::move(request));
      worker_->channel().receive_bytes(std::as_writable_bytes(seconds));
      double start = 0;
      worker_->channel().receive_bytes(std::as_writable_bytes(std::span(&start, 1)));
      return clock.on_rank_0(start);
    };
    step.process = worker_->process();
    step.program = this;
    return step;
  }

  /// A copy of an arena: good for comparing and hashing, not for exchanging or updating.
  std::span<float> copied(const char* which, std::vector<float>& copy) {
    copy.resize(call(which, {}).at("count").get<std::size_t>());
    worker_->channel().receive_bytes(std::as_writable_bytes(std::span(copy)));
    return copy;
  }

  std::shared_ptr<Worker> worker_;
  int id_;
  std::vector<Operation> operations_;
  std::vector<float> parameters_;
  std::vector<float> gradients_;
};

class WorkerBackend final : public Backend {
 public:
  explicit WorkerBackend(const BackendChoice& choice) : choice_(choice), local_(choice.make()) {}

  std::string name() const override { return choice_.name; }
  std::string version() const override { return local_->version(); }
  std::string unsupported(const ModelLayer& layer, Pass pass) const override {
    if (pass == Pass::train)
      return "its parameters are in a process of their own, where nobody can exchange them";
    return local_->unsupported(layer, pass);
  }

  /// Beside what its process takes: the parameters that are copied from there (in training with as much on
  /// their way), and a tensor that is read, which is in both.
  double extra_bytes(const Model& model, const PrepareOptions& options) const override {
    constexpr double process_bytes = 64.0 * (1 << 20);  // the program and its libraries once more; measured
    std::int64_t largest = 0;
    for (const ModelLayer& layer : model.layers) largest = std::max(largest, layer.weights);
    const std::int64_t copies = options.pass == Pass::forward ? 1 : 2;
    return process_bytes + local_->extra_bytes(model, options) +
           static_cast<double>(copies * model.parameters() + largest) * sizeof(float);
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    std::vector<std::pair<std::string, std::string>> all;
    const Json reply = worker()->call({{"do", "facts"}});
    for (const Json& fact : reply.at("facts"))
      all.emplace_back(fact.at(0).get<std::string>(), fact.at(1).get<std::string>());
    std::string variables;
    for (const auto& [name, value] : choice_.environment) variables += " " + name + "=" + value;
    all.emplace_back("process", "its own, with" + variables);
    return all;
  }

  std::vector<std::string> warnings() const override {
    return worker()->call({{"do", "warnings"}}).at("warnings").get<std::vector<std::string>>();
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    Json distrusted = Json::array();
    for (const Distrusted& each : options.distrusted)
      distrusted.push_back({{"layer", each.layer},
                            {"direction", static_cast<int>(each.direction)},
                            {"implementation", each.implementation}});
    const Json prepared = worker()->call({{"do", "prepare"},
                                          {"model", model_to_json(model)},
                                          {"pass", static_cast<int>(options.pass)},
                                          {"batch", options.batch},
                                          {"threads", options.threads},
                                          {"seed", options.seed},
                                          {"distrusted", distrusted}});
    return std::make_unique<WorkerProgram>(worker_, prepared);
  }

 private:
  std::shared_ptr<Worker> worker() const {
    if (!worker_) worker_ = std::make_shared<Worker>(choice_);
    return worker_;
  }

  BackendChoice choice_;
  std::unique_ptr<Backend> local_;
  mutable std::shared_ptr<Worker> worker_;
};

}  // namespace

std::unique_ptr<Backend> make_worker_backend(const BackendChoice& choice) {
  return std::make_unique<WorkerBackend>(choice);
}

const Backend* backend_of(const BackendChoice& choice) {
  if (choice.environment.empty()) return find_backend(choice.name);
  static std::map<std::string, std::unique_ptr<Backend>> made;
  std::unique_ptr<Backend>& backend = made[choice.name];
  if (!backend) backend = make_worker_backend(choice);
  return backend.get();
}

}  // namespace cnnbench
