// reduce of integers and booleans.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/dispatch.h"
#include "kernels/families.h"
#include "kernels/reduce_step.h"

namespace trimtab::kernels {
namespace {

// Sums and products wrap around.
template <class T>
T combine(ReduceOperation operation, T a, T b) {
  using Unsigned = std::make_unsigned_t<T>;
  switch (operation) {
    case ReduceOperation::max:
      return std::max(a, b);
    case ReduceOperation::min:
      return std::min(a, b);
    case ReduceOperation::product:
      return static_cast<T>(static_cast<Unsigned>(a) * static_cast<Unsigned>(b));
    case ReduceOperation::any:
      return static_cast<T>(a | b);
    case ReduceOperation::all:
      return static_cast<T>(a & b);
    default:
      return static_cast<T>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b));
  }
}

template <class T>
T start_of(ReduceOperation operation) {
  switch (operation) {
    case ReduceOperation::max:
      return std::numeric_limits<T>::lowest();
    case ReduceOperation::min:
      return std::numeric_limits<T>::max();
    case ReduceOperation::product:
    case ReduceOperation::all:
      return T{1};
    default:
      return T{0};
  }
}

// Booleans are reduced as bytes of 0 and 1.
template <class T, ReduceOperation operation>
class IntegerReduce final : public Kernel {
 public:
  explicit IntegerReduce(const ReduceStep& step) : step_(step) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<T*>(operands[1]);
  }

  void run() noexcept override {
    const T* x = x_;
    for (std::int64_t o = 0; o < step_.outer; ++o) {
      T* y = y_ + o * step_.inner;
      std::fill(y, y + step_.inner, start_of<T>(operation));
      if (step_.inner == 1) {
        T result = *y;
        for (std::int64_t i = 0; i < step_.count; ++i) result = combine<T>(operation, result, x[i]);
        *y = result;
        x += step_.count;
        continue;
      }
      for (std::int64_t i = 0; i < step_.count; ++i, x += step_.inner) {
        for (std::int64_t j = 0; j < step_.inner; ++j) y[j] = combine<T>(operation, y[j], x[j]);
      }
    }
  }

 private:
  ReduceStep step_;
  const T* x_ = nullptr;
  T* y_ = nullptr;
};

template <class T>
std::unique_ptr<Kernel> make(const ReduceStep& step) {
  switch (step.operation) {
    case ReduceOperation::sum:
      return std::make_unique<IntegerReduce<T, ReduceOperation::sum>>(step);
    case ReduceOperation::max:
      return std::make_unique<IntegerReduce<T, ReduceOperation::max>>(step);
    case ReduceOperation::min:
      return std::make_unique<IntegerReduce<T, ReduceOperation::min>>(step);
    case ReduceOperation::product:
      return std::make_unique<IntegerReduce<T, ReduceOperation::product>>(step);
    case ReduceOperation::any:
      return std::make_unique<IntegerReduce<T, ReduceOperation::any>>(step);
    case ReduceOperation::all:
    case ReduceOperation::square_sum:  // read_reduce takes it for floats only
      break;
  }
  return std::make_unique<IntegerReduce<T, ReduceOperation::all>>(step);
}

}  // namespace

ReduceStep read_reduce(const StepSpec& spec) {
  IntReader ints(spec);
  ReduceStep step{};
  const std::int64_t operation = ints.size();
  if (operation > static_cast<std::int64_t>(ReduceOperation::square_sum)) {
    ints.fail("needs an operation in [0, 7)", operation);
  }
  step.operation = static_cast<ReduceOperation>(operation);
  step.dtype = ints.dtype();
  step.outer = ints.size();
  step.count = ints.size();
  step.inner = ints.size();
  ints.finish();
  expect(spec, 2, 1);
  step.scale = spec.floats[0];
  const bool is_logical =
      step.operation == ReduceOperation::any || step.operation == ReduceOperation::all;
  if (is_logical && step.dtype != DType::boolean) {
    ints.fail("takes booleans (6) for any and all", static_cast<std::int64_t>(step.dtype));
  }
  const bool is_floating = step.dtype == DType::float32 || step.dtype == DType::float64;
  if (step.operation == ReduceOperation::square_sum && !is_floating) {
    ints.fail("takes floats for a sum of squares", static_cast<std::int64_t>(step.dtype));
  }
  return step;
}

std::unique_ptr<Kernel> prepare_integer_reduce(const StepSpec& spec) {
  const ReduceStep step = read_reduce(spec);
  switch (step.dtype) {
    case DType::int32:
      return make<std::int32_t>(step);
    case DType::int64:
      return make<std::int64_t>(step);
    case DType::uint32:
      return make<std::uint32_t>(step);
    default:
      return make<std::uint8_t>(step);
  }
}

}  // namespace trimtab::kernels
