// How the inputs of an elementwise program are read, and how long its tiles are.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "vm/values.h"

namespace trimtab::vm {
namespace {

// Elements of a tile. Some five tiles of 4 KiB fit the level 1 cache beside the inputs.
constexpr std::int64_t tile_elements = 1024;
// From this length of the last dimension on, broadcast inputs are read row by row: shorter rows
// would spend their time in calls.
constexpr std::int64_t shortest_row = 256;

using Sizes = std::vector<std::int64_t>;

bool is_contiguous(const Sizes& dims, const Sizes& strides) {
  std::int64_t expected = 1;
  for (std::size_t d = strides.size(); d-- > 0;) {
    if (dims[d] != 1 && strides[d] != expected) return false;
    expected *= dims[d];
  }
  return true;
}

bool is_scalar(const Sizes& dims, const Sizes& strides) {
  for (std::size_t d = 0; d < strides.size(); ++d) {
    if (dims[d] != 1 && strides[d] != 0) return false;
  }
  return true;
}

// Elements after which a broadcast input's values repeat.
std::int64_t period(const Compiled& compiled, const Sizes& strides) {
  std::int64_t elements = compiled.element_count;
  for (std::size_t d = 0; d < strides.size(); ++d) {
    if (compiled.dims[d] != 1 && strides[d] != 0) break;
    elements /= compiled.dims[d];
  }
  return elements;
}

Input describe(const Compiled& compiled, const InputDescription& each) {
  if (each.strides.size() != compiled.dims.size()) {
    throw std::invalid_argument("elementwise: an input has a stride for each dimension; got " +
                                std::to_string(each.strides.size()));
  }
  // A single element is read in place: it needs no repetition.
  const Access access = is_contiguous(compiled.dims, each.strides) ? Access::contiguous
                        : is_scalar(compiled.dims, each.strides)   ? Access::scalar
                                                                   : Access::expanded;
  Input input{each.dtype, access, each.strides};
  const bool repeats = access == Access::expanded && compiled.element_count > 0;
  if (repeats) input.period = period(compiled, each.strides);
  return input;
}

void refine(const Compiled& compiled, Input& input) {
  if (compiled.is_by_row) {
    if (input.strides.back() == 1) input.access = Access::row;
    if (input.strides.back() == 0) input.access = Access::row_scalar;
  } else {
    input.is_loaded_once = compiled.tile % input.period == 0;
  }
}

}  // namespace

void choose_access(const Description& description, Compiled& compiled) {
  bool has_expanded = false;
  std::int64_t longest_period = 1;
  for (const InputDescription& each : description.inputs) {
    const Input input = describe(compiled, each);
    compiled.inputs.push_back(input);
    compiled.inputs.back().location = static_cast<int>(compiled.inputs.size()) - 1;
    if (input.period == 0) continue;
    has_expanded = true;
    if (input.period <= tile_elements) longest_period = std::max(longest_period, input.period);
  }
  compiled.is_by_row = has_expanded && compiled.dims.back() >= shortest_row;
  compiled.tile = compiled.is_by_row ? std::min(compiled.dims.back(), tile_elements)
                                     : tile_elements / longest_period * longest_period;
  compiled.tile = std::max<std::int64_t>(std::min(compiled.tile, compiled.element_count), 1);
  for (Input& input : compiled.inputs) {
    if (input.period > 0) refine(compiled, input);
  }
}

}  // namespace trimtab::vm
