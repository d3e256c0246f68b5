#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cnnbench::onnxruntime {

/// Writes one message of protobuf's wire format: fields are a tag, (number << 3 | type), and a value
/// (https://protobuf.dev/programming-guides/encoding/).
class Message {
 public:
  void varint(int field, std::uint64_t value);
  void bytes(int field, std::string_view value);
  void fixed32(int field, float value);
  void message(int field, const Message& value) { bytes(field, value.data_); }
  const std::string& data() const { return data_; }

 private:
  void append_varint(std::uint64_t value);
  void append_tag(int field, int wire_type);
  std::string data_;
};

struct Attribute {
  std::string name;
  std::variant<std::int64_t, float, std::vector<std::int64_t>> value;
};

struct Node {
  std::string type;
  std::vector<std::string> inputs;
  std::string output;
  std::vector<Attribute> attributes = {};
};

/// The name and the shape of an f32 tensor.
struct TensorInfo {
  std::string name;
  std::vector<std::int64_t> dims;
};

struct Constant {
  TensorInfo info;
  std::vector<float> values;
};

/// A graph of the ONNX standard: f32 tensors of fixed shapes, one input, one output.
struct Graph {
  std::vector<Node> nodes;
  TensorInfo input;
  TensorInfo output;
  std::vector<TensorInfo> parameters;  ///< initialisers whose data is kept outside of the model
  std::vector<Constant> constants;     ///< initialisers inside
};

/// The graph as a serialised ModelProto of opset 17 (onnx.proto, IR version 8).
std::string encode(const Graph& graph);

}  // namespace cnnbench::onnxruntime
