// Broadcast and strided inputs, copied to where instructions can read them.
#include <algorithm>
#include <cstring>

#include "vm/program.h"

namespace trimtab::vm {
namespace {

template <class T>
void repeat(const std::byte* from, std::byte* to) noexcept {
  T value;
  std::memcpy(&value, from, sizeof(T));
  T values[64 / sizeof(T)];
  std::fill(std::begin(values), std::end(values), value);
  std::memcpy(to, values, sizeof(values));
}

template <class T>
void expand_as(const T* from, T* to, const std::int64_t* strides,
               std::span<const std::int64_t> dims, std::int64_t start,
               std::int64_t count) noexcept {
  const int last = static_cast<int>(dims.size()) - 1;
  std::int64_t position[most_dims];
  for (int d = last; d >= 0; --d) {
    position[d] = start % dims[d];
    start /= dims[d];
    from += position[d] * strides[d];
  }
  const std::int64_t inner = dims[last];
  const std::int64_t inner_stride = strides[last];
  while (true) {
    const std::int64_t run = std::min(inner - position[last], count);
    if (inner_stride == 0) {
      std::fill(to, to + run, *from);
    } else if (inner_stride == 1) {
      std::copy(from, from + run, to);
    } else {
      for (std::int64_t i = 0; i < run; ++i) to[i] = from[i * inner_stride];
    }
    to += run;
    count -= run;
    if (count == 0) return;
    from -= position[last] * inner_stride;
    position[last] = 0;
    for (int d = last - 1; d >= 0; --d) {
      from += strides[d];
      if (++position[d] < dims[d]) break;
      from -= dims[d] * strides[d];
      position[d] = 0;
    }
  }
}

template <class T>
void expand_any(const std::byte* from, std::byte* to, const Input& input,
                std::span<const std::int64_t> dims, std::int64_t start,
                std::int64_t count) noexcept {
  const std::int64_t* strides = input.strides.data();
  T* pattern = reinterpret_cast<T*>(to);
  // What repeats is read once and then doubled.
  std::int64_t done = input.is_loaded_once ? std::min(count, input.period) : count;
  expand_as(reinterpret_cast<const T*>(from), pattern, strides, dims, start, done);
  while (done < count) {
    const std::int64_t more = std::min(done, count - done);
    std::memcpy(pattern + done, pattern, static_cast<std::size_t>(more) * sizeof(T));
    done += more;
  }
}

}  // namespace

void repeat_value(const std::byte* from, std::byte* to, DType dtype) noexcept {
  switch (size_of(dtype)) {
    case 1:
      return repeat<std::uint8_t>(from, to);
    case 2:
      return repeat<std::uint16_t>(from, to);
    case 4:
      return repeat<std::uint32_t>(from, to);
    default:
      return repeat<std::uint64_t>(from, to);
  }
}

void expand(const std::byte* from, std::byte* to, const Input& input,
            std::span<const std::int64_t> dims, std::int64_t start, std::int64_t count) noexcept {
  switch (size_of(input.dtype)) {
    case 1:
      return expand_any<std::uint8_t>(from, to, input, dims, start, count);
    case 2:
      return expand_any<std::uint16_t>(from, to, input, dims, start, count);
    case 4:
      return expand_any<std::uint32_t>(from, to, input, dims, start, count);
    default:
      return expand_any<std::uint64_t>(from, to, input, dims, start, count);
  }
}

}  // namespace trimtab::vm
