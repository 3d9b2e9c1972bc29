// The checksum of a checkpoint, found bit by bit: files that were written before must stay readable.
#include <knoll/nn/training/checksum.h>
#include <catch2/catch.hpp>

#include <string>

using namespace knoll;

namespace {

// CRC-32 (ISO 3309), as zlib and PNG have it.
std::uint32_t crc32_bit_by_bit(const std::string& bytes) {
    std::uint32_t remainder = 0xffffffff;
    for (const char byte : bytes) {
        remainder ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0xEDB88320 : 0);
    }
    return ~remainder;
}

}  // namespace

TEST_CASE("the checksum of a checkpoint is the CRC-32 of its metadata, names, types, shapes and bytes in order") {
    CHECK(crc32_bit_by_bit("123456789") == 0xcbf43926);
    const NamedTensors tensors{{"weight", tensor({{1.5, -2.0}, {0.25, 8.0}})}, {"steps", tensor({7.0}, DType::i64)}};
    const std::map<std::string, std::string> metadata{{"epoch", "12"}, {"kind", "SGD"}, {std::string(nn::checksum_key), "0"}};
    std::string text = "5 epoch 2 12\n4 kind 3 SGD\nweight f32 [2, 2]\n";
    for (const float value : {1.5F, -2.0F, 0.25F, 8.0F}) text.append(reinterpret_cast<const char*>(&value), sizeof(value));
    text += "steps i64 [1]\n";
    const std::int64_t steps = 7;
    text.append(reinterpret_cast<const char*>(&steps), sizeof(steps));
    CHECK(nn::checkpoint_checksum(tensors, metadata) == std::to_string(crc32_bit_by_bit(text)));
}
