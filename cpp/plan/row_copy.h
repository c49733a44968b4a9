// Copies rows of an array into a dense batch, converting the dtype.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trimtab::plan {

// Which rows of an array: numbers `order[0..rows)`, or `first_row..` if `order` is nullptr.
struct RowBatch {
  const std::byte* address;
  const std::int64_t* order;
  std::int64_t first_row;
  std::int64_t rows;
  std::int64_t row_elements;
  std::int64_t row_stride_bytes;
};

using RowCopy = void (*)(const RowBatch& batch, std::byte* destination) noexcept;

// The function for a pair of dtypes. Throws std::invalid_argument for an unknown code.
RowCopy row_copy(int src_dtype, int dst_dtype);

}  // namespace trimtab::plan
