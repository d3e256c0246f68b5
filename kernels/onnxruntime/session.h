#pragma once

#include <onnxruntime/onnxruntime_cxx_api.h>

#include <memory>
#include <string>
#include <vector>

#include "kernels/onnxruntime/onnx_model.h"

namespace cnnbench::onnxruntime {

/// The library's environment with one thread pool for all sessions of this many threads, which do not spin
/// when they have nothing to do. There is one a process while any program lives: throws std::runtime_error
/// where that has another number of threads.
std::shared_ptr<Ort::Env> environment(int threads);

/// A graph, ready to run on memory of ours.
class GraphSession {
 public:
  /// `parameters` has an address for each of the graph's, which the session may refer to as long as it lives.
  /// `layouts`: may reorder tensors inside the graph (NCHWc), beyond fusing nodes.
  GraphSession(std::shared_ptr<Ort::Env> environment, const Graph& graph,
               const std::vector<float*>& parameters, float* src, float* dst, bool layouts);

  void run() { session_.Run(options_, binding_); }

 private:
  std::shared_ptr<Ort::Env> environment_;
  Ort::Session session_;
  Ort::RunOptions options_;
  Ort::Value src_;
  Ort::Value dst_;
  Ort::IoBinding binding_;
};

/// A session, and whether it may reorder tensors inside the graph.
struct Chosen {
  std::unique_ptr<GraphSession> session;
  bool layouts = true;
};

}  // namespace cnnbench::onnxruntime
