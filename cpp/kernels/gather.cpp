// gather: rows by index. scatter_add, its gradient: rows added where the index says.
#include <algorithm>
#include <cstring>

#include "kernels/dispatch.h"
#include "kernels/families.h"

namespace trimtab::kernels {
namespace {

// x[outer, size, inner] and y[outer, count, inner].
struct GatherShape {
  std::int64_t outer;
  std::int64_t size;
  std::int64_t inner;
  std::int64_t count;
};

template <class T, class Index>
class Gather final : public Kernel {
 public:
  explicit Gather(const GatherShape& shape) : shape_(shape) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    indices_ = reinterpret_cast<const Index*>(operands[1]);
    y_ = reinterpret_cast<T*>(operands[2]);
  }

  void run() noexcept override {
    if (shape_.size == 0) return;
    T* y = y_;
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      const T* x = x_ + o * shape_.size * shape_.inner;
      for (std::int64_t i = 0; i < shape_.count; ++i, y += shape_.inner) {
        const auto index = static_cast<std::int64_t>(indices_[i]);
        const T* row = x + std::clamp<std::int64_t>(index, 0, shape_.size - 1) * shape_.inner;
        if (shape_.inner == 1) {
          *y = *row;
        } else {
          std::memcpy(y, row, static_cast<std::size_t>(shape_.inner) * sizeof(T));
        }
      }
    }
  }

 private:
  GatherShape shape_;
  const T* x_ = nullptr;
  const Index* indices_ = nullptr;
  T* y_ = nullptr;
};

template <class T, class Index>
class ScatterAdd final : public Kernel {
 public:
  explicit ScatterAdd(const GatherShape& shape) : shape_(shape) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    indices_ = reinterpret_cast<const Index*>(operands[0]);
    updates_ = reinterpret_cast<const T*>(operands[1]);
    y_ = reinterpret_cast<T*>(operands[2]);
  }

  void run() noexcept override {
    const std::int64_t elements = shape_.outer * shape_.size * shape_.inner;
    if (elements == 0) return;
    std::fill(y_, y_ + elements, T{});
    const T* update = updates_;
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      T* y = y_ + o * shape_.size * shape_.inner;
      for (std::int64_t i = 0; i < shape_.count; ++i, update += shape_.inner) {
        const auto index = static_cast<std::int64_t>(indices_[i]);
        T* row = y + std::clamp<std::int64_t>(index, 0, shape_.size - 1) * shape_.inner;
        for (std::int64_t j = 0; j < shape_.inner; ++j) row[j] = static_cast<T>(row[j] + update[j]);
      }
    }
  }

 private:
  GatherShape shape_;
  const Index* indices_ = nullptr;
  const T* updates_ = nullptr;
  T* y_ = nullptr;
};

GatherShape read_shape(IntReader& ints) {
  GatherShape shape{};
  shape.outer = ints.size();
  shape.size = ints.size();
  shape.inner = ints.size();
  shape.count = ints.size();
  return shape;
}

bool is_wide_index(IntReader& ints) {
  const DType dtype = ints.dtype();
  if (dtype != DType::int32 && dtype != DType::int64) {
    ints.fail("needs indices of int32 (2) or int64 (3)", static_cast<std::int64_t>(dtype));
  }
  return dtype == DType::int64;
}

}  // namespace

std::unique_ptr<Kernel> prepare_gather(const StepSpec& spec) {
  IntReader ints(spec);
  const std::int64_t item_bytes = ints.next();
  const GatherShape shape = read_shape(ints);
  const bool is_wide = is_wide_index(ints);
  ints.finish();
  expect(spec, 3, 0);
  return for_item_size(ints, item_bytes, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    if (is_wide) return std::make_unique<Gather<T, std::int64_t>>(shape);
    return std::make_unique<Gather<T, std::int32_t>>(shape);
  });
}

std::unique_ptr<Kernel> prepare_scatter_add(const StepSpec& spec) {
  IntReader ints(spec);
  const DType dtype = ints.dtype();
  const GatherShape shape = read_shape(ints);
  const bool is_wide = is_wide_index(ints);
  ints.finish();
  expect(spec, 3, 0);
  return for_number(dtype, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    if (is_wide) return std::make_unique<ScatterAdd<T, std::int64_t>>(shape);
    return std::make_unique<ScatterAdd<T, std::int32_t>>(shape);
  });
}

}  // namespace trimtab::kernels
