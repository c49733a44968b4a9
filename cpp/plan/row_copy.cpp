#include "plan/row_copy.h"

#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "base/dtype.h"

namespace trimtab::plan {
namespace {

struct Half {
  std::uint16_t bits;

  // Scaling by 2^112 moves a half's exponent, subnormals included, to where float32 has it.
  explicit operator float() const {
    const std::uint32_t sign = (bits & 0x8000U) << 16U;
    const std::uint32_t magnitude = (bits & 0x7fffU) << 13U;
    const bool is_finite = (bits & 0x7c00U) != 0x7c00U;
    const float scaled = std::bit_cast<float>(magnitude) * 0x1p112F;
    const std::uint32_t finite = std::bit_cast<std::uint32_t>(scaled);
    return std::bit_cast<float>(sign | (is_finite ? finite : magnitude | 0x7f800000U));
  }
};

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Half>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Through int64: a direct conversion of a negative number to an unsigned type is undefined.
    const bool fits = value >= static_cast<From>(-0x1p63) && value < static_cast<From>(0x1p63);
    return fits ? static_cast<To>(static_cast<std::int64_t>(value)) : To{};
  } else {
    return static_cast<To>(value);
  }
}

const std::byte* row_of(const RowBatch& batch, std::int64_t i) {
  const std::int64_t row = batch.order == nullptr ? batch.first_row + i : batch.order[i];
  return batch.address + row * batch.row_stride_bytes;
}

template <class From, class To>
void copy_rows(const RowBatch& batch, std::byte* destination) noexcept {
  To* to = reinterpret_cast<To*>(destination);
  for (std::int64_t i = 0; i < batch.rows; ++i, to += batch.row_elements) {
    const From* from = reinterpret_cast<const From*>(row_of(batch, i));
    for (std::int64_t j = 0; j < batch.row_elements; ++j) to[j] = convert<To>(from[j]);
  }
}

template <std::size_t item_bytes>
void copy_rows_as_is(const RowBatch& batch, std::byte* destination) noexcept {
  const std::size_t row_bytes = static_cast<std::size_t>(batch.row_elements) * item_bytes;
  const bool is_dense =
      batch.order == nullptr && batch.row_stride_bytes == static_cast<std::int64_t>(row_bytes);
  if (is_dense) {
    std::memcpy(destination, row_of(batch, 0), row_bytes * static_cast<std::size_t>(batch.rows));
    return;
  }
  for (std::int64_t i = 0; i < batch.rows; ++i, destination += row_bytes) {
    const std::byte* from = row_of(batch, i);
    // Fixed sizes: a call of memcpy costs more than the few bytes of a short row.
    std::size_t at = 0;
    if (row_bytes <= 256) {
      for (; at + 16 <= row_bytes; at += 16) std::memcpy(destination + at, from + at, 16);
      for (; at < row_bytes; at += item_bytes) {
        std::memcpy(destination + at, from + at, item_bytes);
      }
    } else {
      std::memcpy(destination, from, row_bytes);
    }
  }
}

template <class From, class To>
constexpr RowCopy row_copy_of() {
  if constexpr (std::is_same_v<From, To>) return copy_rows_as_is<sizeof(To)>;
  return copy_rows<From, To>;
}

template <class From>
constexpr std::array<RowCopy, 7> row_copies_from() {
  return {row_copy_of<From, float>(),         row_copy_of<From, double>(),
          row_copy_of<From, std::int32_t>(),  row_copy_of<From, std::int64_t>(),
          row_copy_of<From, std::uint32_t>(), row_copy_of<From, std::uint8_t>(),
          row_copy_of<From, bool>()};
}

// [source code][destination code]
constexpr std::array<std::array<RowCopy, 7>, 11> row_copies{
    row_copies_from<float>(),         row_copies_from<double>(),
    row_copies_from<std::int32_t>(),  row_copies_from<std::int64_t>(),
    row_copies_from<std::uint32_t>(), row_copies_from<std::uint8_t>(),
    row_copies_from<bool>(),          row_copies_from<std::int8_t>(),
    row_copies_from<std::int16_t>(),  row_copies_from<std::uint16_t>(),
    row_copies_from<Half>()};

}  // namespace

RowCopy row_copy(int src_dtype, int dst_dtype) {
  if (src_dtype < 0 || src_dtype >= static_cast<int>(row_copies.size()) || dst_dtype < 0 ||
      dst_dtype >= 7) {
    throw std::invalid_argument(
        "Loop: a source's dtypes must be codes in [0, 11) and [0, 7); got " +
        std::to_string(src_dtype) + " and " + std::to_string(dst_dtype));
  }
  return row_copies[static_cast<std::size_t>(src_dtype)][static_cast<std::size_t>(dst_dtype)];
}

}  // namespace trimtab::plan
