#include "kernels/onnxruntime/onnx_model.h"

#include <bit>
#include <cstring>

namespace cnnbench::onnxruntime {
namespace {

// Field numbers and constants of onnx.proto, by message.
constexpr std::uint64_t ir_version = 8;
constexpr std::uint64_t opset = 17;
constexpr std::uint64_t type_float = 1;  // TensorProto.DataType.FLOAT
constexpr std::uint64_t location_external = 1;

Message encode(const Attribute& attribute) {
  struct Put {
    Message& to;
    void operator()(float value) const {
      to.fixed32(2, value);  // f
      to.varint(20, 1);      // type: FLOAT
    }
    void operator()(std::int64_t value) const {
      to.varint(3, static_cast<std::uint64_t>(value));  // i
      to.varint(20, 2);                                 // INT
    }
    void operator()(const std::vector<std::int64_t>& values) const {
      for (const std::int64_t value : values) to.varint(8, static_cast<std::uint64_t>(value));  // ints
      to.varint(20, 7);                                                                         // INTS
    }
  };
  Message message;
  message.bytes(1, attribute.name);
  std::visit(Put{message}, attribute.value);
  return message;
}

Message encode(const Node& node) {
  Message message;
  for (const std::string& input : node.inputs) message.bytes(1, input);
  message.bytes(2, node.output);
  message.bytes(4, node.type);
  for (const Attribute& attribute : node.attributes) message.message(5, encode(attribute));
  return message;
}

/// ValueInfoProto → TypeProto → TypeProto.Tensor → TensorShapeProto → Dimension.
Message encode_value(const TensorInfo& info) {
  Message shape;
  for (const std::int64_t dim : info.dims) {
    Message dimension;
    dimension.varint(1, static_cast<std::uint64_t>(dim));
    shape.message(1, dimension);
  }
  Message tensor;
  tensor.varint(1, type_float);
  tensor.message(2, shape);
  Message type;
  type.message(1, tensor);
  Message value;
  value.bytes(1, info.name);
  value.message(2, type);
  return value;
}

Message begin_tensor(const TensorInfo& info) {
  Message tensor;
  for (const std::int64_t dim : info.dims) tensor.varint(1, static_cast<std::uint64_t>(dim));
  tensor.varint(2, type_float);
  tensor.bytes(8, info.name);
  return tensor;
}

Message encode_parameter(const TensorInfo& info) {
  Message tensor = begin_tensor(info);
  Message entry;  // StringStringEntryProto; the caller hands the data over when it makes the session
  entry.bytes(1, "location");
  entry.bytes(2, info.name);
  tensor.message(13, entry);
  tensor.varint(14, location_external);
  return tensor;
}

Message encode_constant(const Constant& constant) {
  static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");
  Message tensor = begin_tensor(constant.info);
  tensor.bytes(9, {reinterpret_cast<const char*>(constant.values.data()),
                   constant.values.size() * sizeof(float)});  // raw_data
  return tensor;
}

}  // namespace

void Message::append_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) data_ += static_cast<char>((value & 0x7F) | 0x80);
  data_ += static_cast<char>(value);
}

void Message::append_tag(int field, int wire_type) {
  append_varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wire_type));
}

void Message::varint(int field, std::uint64_t value) {
  append_tag(field, 0);
  append_varint(value);
}

void Message::bytes(int field, std::string_view value) {
  append_tag(field, 2);
  append_varint(value.size());
  data_ += value;
}

void Message::fixed32(int field, float value) {
  append_tag(field, 5);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) data_ += static_cast<char>(bits >> shift & 0xFF);
}

std::string encode(const Graph& graph) {
  Message body;
  for (const Node& node : graph.nodes) body.message(1, encode(node));
  body.bytes(2, "cnnbench");
  for (const TensorInfo& parameter : graph.parameters) body.message(5, encode_parameter(parameter));
  for (const Constant& constant : graph.constants) body.message(5, encode_constant(constant));
  body.message(11, encode_value(graph.input));
  body.message(12, encode_value(graph.output));

  Message operators;  // OperatorSetIdProto: the standard's own domain, which has no name
  operators.bytes(1, "");
  operators.varint(2, opset);
  Message model;
  model.varint(1, ir_version);
  model.message(7, body);
  model.message(8, operators);
  return model.data();
}

}  // namespace cnnbench::onnxruntime
