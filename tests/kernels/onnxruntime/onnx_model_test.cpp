// Bytes written down by hand: the examples of protobuf's description of its wire format, and from the field
// numbers in onnx.proto.
#include "kernels/onnxruntime/onnx_model.h"

#include <gtest/gtest.h>

namespace cnnbench::onnxruntime {
namespace {

using namespace std::string_literals;

Message with_varint(int field, std::uint64_t value) {
  Message message;
  message.varint(field, value);
  return message;
}

TEST(OnnxMessage, NumbersHaveSevenBitsAByteTheLowestFirst) {
  EXPECT_EQ(with_varint(1, 150).data(), "\x08\x96\x01");
  EXPECT_EQ(with_varint(1, 127).data(), "\x08\x7f");
  EXPECT_EQ(with_varint(1, 0).data(), "\x08\0"s);
}

TEST(OnnxMessage, NegativeNumbersTakeTenBytes) {
  EXPECT_EQ(with_varint(1, static_cast<std::uint64_t>(std::int64_t{-1})).data(),
            "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(OnnxMessage, FieldsFromSixteenOnHaveTwoBytesOfTag) {
  EXPECT_EQ(with_varint(20, 7).data(), "\xa0\x01\x07");
}

TEST(OnnxMessage, TextHasItsLengthBeforeIt) {
  Message message;
  message.bytes(2, "testing");
  EXPECT_EQ(message.data(), "\x12\x07testing");
}

TEST(OnnxMessage, AMessageInsideIsBytes) {
  Message message;
  message.message(3, with_varint(1, 150));
  EXPECT_EQ(message.data(), "\x1a\x03\x08\x96\x01");
}

TEST(OnnxMessage, FloatsAreLittleEndian) {
  Message message;
  message.fixed32(2, 1.0F);  // 0x3f800000
  EXPECT_EQ(message.data(), "\x15\0\0\x80\x3f"s);
}

/// A ValueInfoProto: f32, [2, 3].
std::string value_info(const std::string& name) {
  return "\x0a\x03" + name +                          // name
         "\x12\x0e" +                                 // type: TypeProto of 14 bytes
         "\x0a\x0c" +                                 // tensor_type of 12
         "\x08\x01" +                                 // elem_type: FLOAT
         "\x12\x08\x0a\x02\x08\x02\x0a\x02\x08\x03";  // shape: dim 2, dim 3
}

TEST(OnnxModel, AGraphOfOneNodeIsTheBytesOfItsProto) {
  const Graph relu{{{"Relu", {"src"}, "dst"}}, {"src", {2, 3}}, {"dst", {2, 3}}, {}, {}};

  const std::string expected =
      "\x08\x08"  // ir_version 8
      "\x3a\x4a"  // graph of 74 bytes
      "\x0a\x10\x0a\x03src\x12\x03"
      "dst\x22\x04Relu"  // node
      "\x12\x08"
      "cnnbench"s +  // name
      "\x5a\x15" +
      value_info("src") +               // input of 21 bytes
      "\x62\x15" + value_info("dst") +  // output of 21 bytes
      "\x42\x04\x0a\0\x10\x11"s;        // opset_import: "", 17
  EXPECT_EQ(encode(relu), expected);
}

/// How often a graph's bytes hold this piece.
testing::AssertionResult holds(const Graph& graph, const std::string& piece) {
  if (encode(graph).find(piece) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "the model does not hold these bytes";
}

TEST(OnnxModel, AttributesCarryTheirType) {
  const Graph graph{
      {{"Op", {}, "dst", {{"i", std::int64_t{5}}, {"f", 1.0F}, {"is", std::vector<std::int64_t>{3, -1}}}}},
      {},
      {},
      {},
      {}};

  EXPECT_TRUE(holds(graph, "\x2a\x08\x0a\x01i\x18\x05\xa0\x01\x02"));
  EXPECT_TRUE(holds(graph,
                    "\x2a\x0b\x0a\x01"
                    "f\x15\0\0\x80\x3f\xa0\x01\x01"s));
  EXPECT_TRUE(
      holds(graph, "\x2a\x14\x0a\x02is\x40\x03\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xa0\x01\x07"));
}

TEST(OnnxModel, AParameterIsATensorWhoseDataIsElsewhere) {
  const Graph graph{{}, {}, {}, {{"w", {4, 300}}}, {}};

  EXPECT_TRUE(holds(graph,
                    "\x2a\x1b\x08\x04\x08\xac\x02\x10\x01\x42\x01w"  // dims, data_type, name
                    "\x6a\x0d\x0a\x08location\x12\x01w"              // external_data
                    "\x70\x01"));                                    // data_location: EXTERNAL
}

TEST(OnnxModel, AConstantIsATensorWithItsBytes) {
  const Graph graph{{}, {}, {}, {}, {{{"c", {1}}, {1.0F}}}};

  EXPECT_TRUE(holds(graph,
                    "\x2a\x0d\x08\x01\x10\x01\x42\x01"
                    "c\x4a\x04\0\0\x80\x3f"s));
}

}  // namespace
}  // namespace cnnbench::onnxruntime
