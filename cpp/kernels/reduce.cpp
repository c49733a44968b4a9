// reduce of floating point numbers: sum, max, min, product, sum of squares.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/families.h"
#include "kernels/reduce_step.h"
#include "kernels/simd_families.h"
#include "kernels/sums.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

using kernels::ReduceOperation;
using kernels::ReduceStep;

// From this many elements on, chunks of this many are reduced by the threads, then the chunks'
// results. The chunks depend on the shape only, and so does the result.
constexpr std::int64_t threaded_elements = 200'000;
constexpr std::int64_t chunk_elements = 32'768;

// What is combined: the elements themselves.
struct Plain {
  template <class V>
  [[gnu::always_inline]] static V map(V x) {
    return x;
  }
};

template <class T>
struct Sum : Plain {
  using OfParts = Sum;
  static constexpr T start = 0;
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a + b;
  }
};

template <class T>
struct SquareSum : Sum<T> {
  template <class V>
  [[gnu::always_inline]] static V map(V x) {
    return x * x;
  }
};

template <class T>
struct Product : Plain {
  using OfParts = Product;
  static constexpr T start = 1;
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a * b;
  }
};

// NaN wins.
template <class T>
struct Max : Plain {
  using OfParts = Max;
  static constexpr T start = -std::numeric_limits<T>::infinity();
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a != a ? a : (a > b ? a : b);
  }
};

template <class T>
struct Min : Plain {
  using OfParts = Min;
  static constexpr T start = std::numeric_limits<T>::infinity();
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a != a ? a : (a < b ? a : b);
  }
};

// What the blocks' results are gathered in.
template <class T, class Operation>
struct Total {
  Vec<T> value = broadcast(Operation::start);
  [[gnu::always_inline]] void add(Vec<T> block) { value = Operation::combine(value, block); }
  [[gnu::always_inline]] Vec<T> result() const { return value; }
};
template <class T>
struct Total<T, Sum<T>> : CompensatedSum<T> {};
template <class T>
struct Total<T, SquareSum<T>> : CompensatedSum<T> {};

// x[count, inner], of which `width` vectors from one column on; the last has `last` lanes.
template <class T, class Operation, int width>
[[gnu::always_inline]] inline void reduce_strip(const T* x, std::int64_t count, std::int64_t inner,
                                                std::int64_t last, T* y, T scale) {
  Total<T, Operation> totals[width];
  Vec<T> block[width];
  for (std::int64_t i = 0; i < count;) {
    for (int w = 0; w < width; ++w) block[w] = broadcast(Operation::start);
    const std::int64_t end = std::min(count, i + block_vectors);
    for (; i < end; ++i, x += inner) {
      for (int w = 0; w < width; ++w) {
        const Vec<T> value =
            w == width - 1 ? load_lanes(x + w * lanes<T>, last) : load(x + w * lanes<T>);
        block[w] = Operation::combine(block[w], Operation::map(value));
      }
    }
    for (int w = 0; w < width; ++w) totals[w].add(block[w]);
  }
  for (int w = 0; w < width; ++w) {
    store_lanes(y + w * lanes<T>, totals[w].result() * scale, w == width - 1 ? last : lanes<T>);
  }
}

template <class T, class Operation>
void reduce_columns(const T* x, std::int64_t count, std::int64_t inner, T* y, T scale) noexcept {
  constexpr std::int64_t width = lanes<T>;
  std::int64_t j = 0;
  for (; j + 4 * width <= inner; j += 4 * width) {
    reduce_strip<T, Operation, 4>(x + j, count, inner, width, y + j, scale);
  }
  for (; j < inner; j += width) {
    reduce_strip<T, Operation, 1>(x + j, count, inner, std::min(width, inner - j), y + j, scale);
  }
}

// In halves: each step works on as many numbers at once as are left.
template <class T, class Operation>
[[gnu::always_inline]] inline T across_lanes(Vec<T> x) {
  T parts[lanes<T>];
  store(parts, x);
  for (int half = lanes<T> / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) parts[k] = Operation::combine(parts[k], parts[k + half]);
  }
  return parts[0];
}

template <class T, class Operation>
T reduce_run(const T* x, std::int64_t count) noexcept {
  constexpr std::int64_t width = lanes<T>;
  if (count < width) {
    T result = Operation::start;
    for (std::int64_t i = 0; i < count; ++i)
      result = Operation::combine(result, Operation::map(x[i]));
    return result;
  }
  if constexpr (std::is_base_of_v<Sum<T>, Operation>) {
    return sum_run<T>(count, [&](std::int64_t i, std::int64_t n) {
      return Operation::map(load_lanes(x + i, n));
    });
  } else {
    Vec<T> results[2] = {broadcast(Operation::start), broadcast(Operation::start)};
    std::int64_t i = 0;
    for (; i + 2 * width <= count; i += 2 * width) {
      results[0] = Operation::combine(results[0], load(x + i));
      results[1] = Operation::combine(results[1], load(x + i + width));
    }
    T result = across_lanes<T, Operation>(Operation::combine(results[0], results[1]));
    for (; i < count; ++i) result = Operation::combine(result, Operation::map(x[i]));
    return result;
  }
}

template <class T, class Operation>
class Reduce final : public Kernel {
 public:
  explicit Reduce(const ReduceStep& step) : step_(step), scale_(1) {
    if constexpr (std::is_base_of_v<Sum<T>, Operation>) scale_ = static_cast<T>(step.scale);
    if (step.outer * step.count * step.inner < threaded_elements) return;
    rows_per_chunk_ =
        std::max<std::int64_t>(chunk_elements / std::max<std::int64_t>(step.inner, 1), 1);
    chunks_ = (step.count + rows_per_chunk_ - 1) / rows_per_chunk_;
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(step_.outer * chunks_ * step_.inner) * sizeof(T);
  }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<T*>(operands[1]);
    partial_ = reinterpret_cast<T*>(scratch);
  }

  void run() noexcept override {
    if (chunks_ == 0) {
      for (std::int64_t o = 0; o < step_.outer; ++o) {
        reduce<Operation>(x_ + o * step_.count * step_.inner, step_.count, y_ + o * step_.inner,
                          scale_);
      }
      return;
    }
    if (chunks_ == 1) {
      // Groups of rows, so that a task is worth its start.
      const std::int64_t groups = std::min<std::int64_t>(step_.outer, 16);
      parallel_for(groups, [&](std::int64_t group) {
        const std::int64_t end = step_.outer * (group + 1) / groups;
        for (std::int64_t o = step_.outer * group / groups; o < end; ++o) {
          reduce<Operation>(x_ + o * step_.count * step_.inner, step_.count, y_ + o * step_.inner,
                            scale_);
        }
      });
      return;
    }
    parallel_for(step_.outer * chunks_, [&](std::int64_t task) {
      const std::int64_t first = task % chunks_ * rows_per_chunk_;
      const T* x = x_ + (task / chunks_ * step_.count + first) * step_.inner;
      reduce<Operation>(x, std::min(rows_per_chunk_, step_.count - first),
                        partial_ + task * step_.inner, T{1});
    });
    for (std::int64_t o = 0; o < step_.outer; ++o) {
      reduce<typename Operation::OfParts>(partial_ + o * chunks_ * step_.inner, chunks_,
                                          y_ + o * step_.inner, scale_);
    }
  }

 private:
  template <class Kind>
  void reduce(const T* x, std::int64_t count, T* y, T scale) const noexcept {
    if (step_.inner == 1) {
      *y = reduce_run<T, Kind>(x, count) * scale;
    } else {
      reduce_columns<T, Kind>(x, count, step_.inner, y, scale);
    }
  }

  ReduceStep step_;
  T scale_;
  std::int64_t rows_per_chunk_ = 0;
  std::int64_t chunks_ = 0;  // of each outer position; 0: not split
  const T* x_ = nullptr;
  T* y_ = nullptr;
  T* partial_ = nullptr;
};

template <class T>
std::unique_ptr<Kernel> make(const ReduceStep& step) {
  switch (step.operation) {
    case ReduceOperation::max:
      return std::make_unique<Reduce<T, Max<T>>>(step);
    case ReduceOperation::min:
      return std::make_unique<Reduce<T, Min<T>>>(step);
    case ReduceOperation::product:
      return std::make_unique<Reduce<T, Product<T>>>(step);
    case ReduceOperation::square_sum:
      return std::make_unique<Reduce<T, SquareSum<T>>>(step);
    default:
      return std::make_unique<Reduce<T, Sum<T>>>(step);
  }
}

}  // namespace

std::unique_ptr<Kernel> prepare_reduce(const StepSpec& spec) {
  const ReduceStep step = kernels::read_reduce(spec);
  if (step.dtype == DType::float32) return make<float>(step);
  if (step.dtype == DType::float64) return make<double>(step);
  return kernels::prepare_integer_reduce(spec);
}

}  // namespace trimtab::TRIMTAB_ISA
