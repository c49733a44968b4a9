// sort, arg_reduce and cumulative: along the middle dimension of (outer, count, inner).
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/aligned.h"
#include "kernels/dispatch.h"
#include "kernels/families.h"

namespace trimtab::kernels {
namespace {

struct Shape {
  std::int64_t outer;
  std::int64_t count;
  std::int64_t inner;
};

Shape read_shape(IntReader& ints) {
  Shape shape{};
  shape.outer = ints.size();
  shape.count = ints.size();
  shape.inner = ints.size();
  return shape;
}

template <class T>
bool is_nan(T x) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(x);
  return false;
}

// Ascending, NaN last.
template <class T>
bool sorts_before(T a, T b) {
  return a < b || (is_nan(b) && !is_nan(a));
}

template <class T>
class Sort final : public Kernel {
 public:
  explicit Sort(const Shape& shape) : shape_(shape) {}

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(shape_.count) * sizeof(T);
  }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<T*>(operands[1]);
    line_ = reinterpret_cast<T*>(scratch);
  }

  void run() noexcept override {
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      for (std::int64_t j = 0; j < shape_.inner; ++j) {
        const std::int64_t start = o * shape_.count * shape_.inner + j;
        for (std::int64_t i = 0; i < shape_.count; ++i) line_[i] = x_[start + i * shape_.inner];
        std::sort(line_, line_ + shape_.count, sorts_before<T>);
        for (std::int64_t i = 0; i < shape_.count; ++i) y_[start + i * shape_.inner] = line_[i];
      }
    }
  }

 private:
  Shape shape_;
  const T* x_ = nullptr;
  T* y_ = nullptr;
  T* line_ = nullptr;
};

// The first occurrence wins, and a NaN wins over every number.
template <class T, bool is_max>
class ArgReduce final : public Kernel {
 public:
  explicit ArgReduce(const Shape& shape) : shape_(shape) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<std::int32_t*>(operands[1]);
  }

  void run() noexcept override {
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      const T* x = x_ + o * shape_.count * shape_.inner;
      std::int32_t* y = y_ + o * shape_.inner;
      for (std::int64_t j = 0; j < shape_.inner; ++j) y[j] = find(x + j);
    }
  }

 private:
  std::int32_t find(const T* x) const noexcept {
    T best = x[0];
    std::int64_t position = 0;
    for (std::int64_t i = 1; i < shape_.count && !is_nan(best); ++i) {
      const T value = x[i * shape_.inner];
      const bool is_better = is_max ? value > best : value < best;
      if (is_better || is_nan(value)) {
        best = value;
        position = i;
      }
    }
    return static_cast<std::int32_t>(position);
  }

  Shape shape_;
  const T* x_ = nullptr;
  std::int32_t* y_ = nullptr;
};

template <class T>
class Cumulative final : public Kernel {
 public:
  Cumulative(const Shape& shape, bool is_product, bool is_reverse)
      : shape_(shape), is_product_(is_product), is_reverse_(is_reverse) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<T*>(operands[1]);
  }

  void run() noexcept override {
    if (shape_.count == 0) return;
    const std::int64_t step = is_reverse_ ? -shape_.inner : shape_.inner;
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      std::int64_t at = o * shape_.count * shape_.inner;
      if (is_reverse_) at += (shape_.count - 1) * shape_.inner;
      std::copy(x_ + at, x_ + at + shape_.inner, y_ + at);
      for (std::int64_t i = 1; i < shape_.count; ++i, at += step) {
        add_row(y_ + at, x_ + at + step, y_ + at + step);
      }
    }
  }

 private:
  // Integers wrap around.
  using Unsigned =
      std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;

  void add_row(const T* before, const T* x, T* y) const noexcept {
    for (std::int64_t j = 0; j < shape_.inner; ++j) {
      const auto a = static_cast<Unsigned>(before[j]);
      const auto b = static_cast<Unsigned>(x[j]);
      y[j] = static_cast<T>(is_product_ ? a * b : a + b);
    }
  }

  Shape shape_;
  bool is_product_;
  bool is_reverse_;
  const T* x_ = nullptr;
  T* y_ = nullptr;
};

// An operation's code, 0 or 1.
bool read_choice(IntReader& ints) {
  const std::int64_t operation = ints.next();
  if (operation != 0 && operation != 1) ints.fail("needs the operation 0 or 1", operation);
  return operation == 1;
}

}  // namespace

std::unique_ptr<Kernel> prepare_sort(const StepSpec& spec) {
  IntReader ints(spec);
  const DType dtype = ints.dtype();
  const Shape shape = read_shape(ints);
  ints.finish();
  expect(spec, 2, 0);
  return for_dtype(dtype, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Sort<T>>(shape);
  });
}

std::unique_ptr<Kernel> prepare_arg_reduce(const StepSpec& spec) {
  IntReader ints(spec);
  const bool is_min = read_choice(ints);
  const DType dtype = ints.dtype();
  const Shape shape = read_shape(ints);
  ints.finish();
  expect(spec, 2, 0);
  if (shape.count == 0) ints.fail("needs at least one element to choose from", 0);
  return for_dtype(dtype, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    if (is_min) return std::make_unique<ArgReduce<T, false>>(shape);
    return std::make_unique<ArgReduce<T, true>>(shape);
  });
}

std::unique_ptr<Kernel> prepare_cumulative(const StepSpec& spec) {
  IntReader ints(spec);
  const bool is_product = read_choice(ints);
  const DType dtype = ints.dtype();
  const Shape shape = read_shape(ints);
  const bool is_reverse = ints.flag();
  ints.finish();
  expect(spec, 2, 0);
  return for_number(dtype, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Cumulative<T>>(shape, is_product, is_reverse);
  });
}

}  // namespace trimtab::kernels
