#include "kernels/onnxruntime/session.h"
#include "harness/backend/startable_threads.h"

#include <functional>
#include <iostream>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace cnnbench::onnxruntime {
namespace {

/// A tensor of the library's on memory of ours.
Ort::Value tensor(const TensorInfo& info, float* data) {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  const std::int64_t size =
      std::accumulate(info.dims.begin(), info.dims.end(), std::int64_t{1}, std::multiplies<>());
  return Ort::Value::CreateTensor<float>(memory, data, static_cast<std::size_t>(size), info.dims.data(),
                                         info.dims.size());
}

/// Keeps a fault of distributions off the console: with their libonnx, the first session of a process finds
/// the schemas of all operators registered already, and reports each of the hundreds on std::cerr. Passes on
/// everything else.
class WithoutSchemaMessages {
 public:
  WithoutSchemaMessages() : console_(std::cerr.rdbuf(text_.rdbuf())) {}
  ~WithoutSchemaMessages() {
    std::cerr.rdbuf(console_);
    for (std::string line; std::getline(text_, line);)
      if (!line.empty() && !line.starts_with("Schema error: Trying to register schema"))
        std::cerr << line << '\n';
  }
  WithoutSchemaMessages(const WithoutSchemaMessages&) = delete;
  WithoutSchemaMessages& operator=(const WithoutSchemaMessages&) = delete;

 private:
  std::stringstream text_;
  std::streambuf* console_;
};

Ort::Session make_session(Ort::Env& environment, const Graph& graph, const std::vector<float*>& parameters,
                          bool layouts) {
  Ort::SessionOptions options;
  options.DisablePerSessionThreads();
  options.SetGraphOptimizationLevel(layouts ? ORT_ENABLE_ALL : ORT_ENABLE_EXTENDED);
  std::vector<std::string> names;
  std::vector<Ort::Value> values;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    names.push_back(graph.parameters[i].name);
    values.push_back(tensor(graph.parameters[i], parameters[i]));
  }
  if (!names.empty()) options.AddExternalInitializers(names, values);
  const std::string model = encode(graph);
  const WithoutSchemaMessages quiet;
  return {environment, model.data(), model.size(), options};
}

}  // namespace

std::shared_ptr<Ort::Env> environment(int threads) {
  static std::mutex mutex;
  static std::weak_ptr<Ort::Env> shared;
  static int shared_threads = 0;
  const std::lock_guard lock(mutex);
  if (auto alive = shared.lock()) {
    if (shared_threads == threads) return alive;
    throw std::runtime_error("onnxruntime: its thread pool, one a process, is in use with " +
                             std::to_string(shared_threads) + " threads, not " + std::to_string(threads));
  }
  expect_startable(threads - 1);
  Ort::ThreadingOptions options;
  options.SetGlobalIntraOpNumThreads(threads);
  options.SetGlobalInterOpNumThreads(1);
  options.SetGlobalSpinControl(0);
  auto made = std::make_shared<Ort::Env>(options, ORT_LOGGING_LEVEL_ERROR, "cnnbench");
  shared = made;
  shared_threads = threads;
  return made;
}

GraphSession::GraphSession(std::shared_ptr<Ort::Env> environment, const Graph& graph,
                           const std::vector<float*>& parameters, float* src, float* dst, bool layouts)
    : environment_(std::move(environment)),
      session_(make_session(*environment_, graph, parameters, layouts)),
      src_(tensor(graph.input, src)),
      dst_(tensor(graph.output, dst)),
      binding_(session_) {
  binding_.BindInput(graph.input.name.c_str(), src_);
  binding_.BindOutput(graph.output.name.c_str(), dst_);
}

}  // namespace cnnbench::onnxruntime
