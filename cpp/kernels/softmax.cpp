// softmax and log_softmax along the middle dimension of (outer, count, inner), and the gradient.
#include <algorithm>
#include <limits>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"
#include "kernels/sums.h"
#include "simd/math.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

constexpr std::int64_t threaded_elements = 50'000;

struct SoftmaxShape {
  std::int64_t outer;
  std::int64_t count;
  std::int64_t inner;
  bool is_log;
};

// The lanes from `n` on; NaN wins, so that it reaches the result.
template <class T>
[[gnu::always_inline]] inline Vec<T> larger(Vec<T> a, Vec<T> b) {
  return a != a ? a : (a > b ? a : b);
}

// Softmaxes side by side: lane j over x[j], x[j + stride], ..., for the first n lanes.
template <class T>
void softmax_columns(const T* x, T* y, std::int64_t count, std::int64_t stride, std::int64_t n,
                     bool is_log) noexcept {
  Vec<T> most = load_lanes(x, n);
  for (std::int64_t i = 1; i < count; ++i) most = larger<T>(most, load_lanes(x + i * stride, n));
  CompensatedSum<T> total;
  for (std::int64_t i = 0; i < count; ++i) {
    const Vec<T> exponential = exp(load_lanes(x + i * stride, n) - most);
    total.add(exponential);
    if (!is_log) store_lanes(y + i * stride, exponential, n);
  }
  if (is_log) {
    const Vec<T> log_sum = log(total.result());
    for (std::int64_t i = 0; i < count; ++i) {
      store_lanes(y + i * stride, (load_lanes(x + i * stride, n) - most) - log_sum, n);
    }
  } else {
    const Vec<T> scale = T{1} / total.result();
    for (std::int64_t i = 0; i < count; ++i) {
      store_lanes(y + i * stride, load_lanes(y + i * stride, n) * scale, n);
    }
  }
}

template <class T>
T largest(const T* x, std::int64_t count) noexcept {
  Vec<T> most = broadcast(-std::numeric_limits<T>::infinity());
  std::int64_t i = 0;
  for (; i + lanes<T> <= count; i += lanes<T>) most = larger<T>(most, load(x + i));
  T result = most[0];
  for (int k = 1; k < lanes<T>; ++k)
    result = result != result || result > most[k] ? result : most[k];
  for (; i < count; ++i) result = result != result || result > x[i] ? result : x[i];
  return result;
}

// One softmax along contiguous elements.
template <class T>
void softmax_row(const T* x, T* y, std::int64_t count, bool is_log) noexcept {
  const Vec<T> most = broadcast(largest(x, count));
  const Mask<T> numbers = lane_numbers<T>();
  const T sum = sum_run<T>(count, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> exponential = exp(load_lanes(x + i, n) - most);
    if (!is_log) store_lanes(y + i, exponential, n);
    return numbers < static_cast<Lane<Mask<T>>>(n) ? exponential : Vec<T>{};
  });
  const Vec<T> sums = broadcast(sum);
  const Vec<T> shift = is_log ? log(sums) : T{1} / sums;
  for (std::int64_t i = 0; i < count; i += lanes<T>) {
    const std::int64_t n = std::min<std::int64_t>(lanes<T>, count - i);
    const Vec<T> result =
        is_log ? (load_lanes(x + i, n) - most) - shift : load_lanes(y + i, n) * shift;
    store_lanes(y + i, result, n);
  }
}

// dx = y (g - sum(g y)), or g - exp(y) sum(g) where y is the logarithm.
template <class T>
[[gnu::always_inline]] inline Vec<T> gradient_of(Vec<T> g, Vec<T> y, Vec<T> sum, bool is_log) {
  return is_log ? g - exp(y) * sum : y * (g - sum);
}

template <class T>
void gradient_columns(const T* g, const T* y, T* dx, std::int64_t count, std::int64_t stride,
                      std::int64_t n, bool is_log) noexcept {
  CompensatedSum<T> total;
  for (std::int64_t i = 0; i < count; ++i) {
    const Vec<T> cotangent = load_lanes(g + i * stride, n);
    total.add(is_log ? cotangent : cotangent * load_lanes(y + i * stride, n));
  }
  const Vec<T> sum = total.result();
  for (std::int64_t i = 0; i < count * stride; i += stride) {
    store_lanes(dx + i, gradient_of<T>(load_lanes(g + i, n), load_lanes(y + i, n), sum, is_log), n);
  }
}

template <class T>
void gradient_row(const T* g, const T* y, T* dx, std::int64_t count, bool is_log) noexcept {
  const T sum = sum_run<T>(count, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> cotangent = load_lanes(g + i, n);
    return is_log ? cotangent : cotangent * load_lanes(y + i, n);
  });
  const Vec<T> sums = broadcast(sum);
  for (std::int64_t i = 0; i < count; i += lanes<T>) {
    const std::int64_t n = std::min<std::int64_t>(lanes<T>, count - i);
    store_lanes(dx + i, gradient_of<T>(load_lanes(g + i, n), load_lanes(y + i, n), sums, is_log),
                n);
  }
}

// Rows of a few elements, turned so that each lane has one: elements `count` apart.
template <class T>
struct TurnedRows {
  static constexpr std::int64_t most_elements = 16;
  T values[most_elements * lanes<T>];

  // count >= 1: the loop that always runs once tells the compiler that values are set.
  void read(const T* rows, std::int64_t count, std::int64_t n) noexcept {
    std::int64_t i = 0;
    do {
      for (std::int64_t j = 0; j < lanes<T>; ++j) {
        values[i * lanes<T> + j] = j < n ? rows[j * count + i] : T{0};
      }
    } while (++i < count);
  }
  void write(T* rows, std::int64_t count, std::int64_t n) const noexcept {
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t i = 0; i < count; ++i) rows[j * count + i] = values[i * lanes<T> + j];
    }
  }
};

// Calls one(position) for each group of softmaxes: `lanes` of them, or one long row.
template <class T, class Turned, class Row, class Columns>
void for_groups(const SoftmaxShape& shape, Turned&& turned, Row&& row, Columns&& columns) {
  constexpr std::int64_t width = lanes<T>;
  const std::int64_t elements = shape.outer * shape.count * shape.inner;
  if (elements == 0) return;
  const bool is_turned = shape.inner == 1 && shape.count <= TurnedRows<T>::most_elements;
  const std::int64_t lines = is_turned ? shape.outer : shape.inner;
  const std::int64_t groups_in_line = (lines + width - 1) / width;
  const std::int64_t groups = is_turned          ? groups_in_line
                              : shape.inner == 1 ? shape.outer
                                                 : shape.outer * groups_in_line;
  const auto run = [&](std::int64_t group) {
    const std::int64_t first = group % groups_in_line * width;
    const std::int64_t n = std::min(width, lines - first);
    if (is_turned) {
      turned(first * shape.count, n);
    } else if (shape.inner == 1) {
      row(group * shape.count);
    } else {
      columns(group / groups_in_line * shape.count * shape.inner + first, n);
    }
  };
  if (elements < threaded_elements) {
    for (std::int64_t group = 0; group < groups; ++group) run(group);
    return;
  }
  const std::int64_t tasks = std::min<std::int64_t>(groups, 32);
  parallel_for(tasks, [&](std::int64_t task) {
    const std::int64_t end = groups * (task + 1) / tasks;
    for (std::int64_t group = groups * task / tasks; group < end; ++group) run(group);
  });
}

template <class T>
class Softmax final : public Kernel {
 public:
  explicit Softmax(const SoftmaxShape& shape) : shape_(shape) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<T*>(operands[1]);
  }

  void run() noexcept override {
    const SoftmaxShape& s = shape_;
    for_groups<T>(
        s,
        [&](std::int64_t at, std::int64_t n) {
          TurnedRows<T> rows;
          rows.read(x_ + at, s.count, n);
          softmax_columns<T>(rows.values, rows.values, s.count, lanes<T>, lanes<T>, s.is_log);
          rows.write(y_ + at, s.count, n);
        },
        [&](std::int64_t at) { softmax_row<T>(x_ + at, y_ + at, s.count, s.is_log); },
        [&](std::int64_t at, std::int64_t n) {
          softmax_columns<T>(x_ + at, y_ + at, s.count, s.inner, n, s.is_log);
        });
  }

 private:
  SoftmaxShape shape_;
  const T* x_ = nullptr;
  T* y_ = nullptr;
};

template <class T>
class SoftmaxGradient final : public Kernel {
 public:
  explicit SoftmaxGradient(const SoftmaxShape& shape) : shape_(shape) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    g_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<const T*>(operands[1]);
    dx_ = reinterpret_cast<T*>(operands[2]);
  }

  void run() noexcept override {
    const SoftmaxShape& s = shape_;
    for_groups<T>(
        s,
        [&](std::int64_t at, std::int64_t n) {
          TurnedRows<T> g;
          TurnedRows<T> y;
          g.read(g_ + at, s.count, n);
          y.read(y_ + at, s.count, n);
          gradient_columns<T>(g.values, y.values, g.values, s.count, lanes<T>, lanes<T>, s.is_log);
          g.write(dx_ + at, s.count, n);
        },
        [&](std::int64_t at) { gradient_row<T>(g_ + at, y_ + at, dx_ + at, s.count, s.is_log); },
        [&](std::int64_t at, std::int64_t n) {
          gradient_columns<T>(g_ + at, y_ + at, dx_ + at, s.count, s.inner, n, s.is_log);
        });
  }

 private:
  SoftmaxShape shape_;
  const T* g_ = nullptr;
  const T* y_ = nullptr;
  T* dx_ = nullptr;
};

template <template <class> class Step>
std::unique_ptr<Kernel> make(const StepSpec& spec, std::size_t operands) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.floating();
  SoftmaxShape shape{};
  shape.outer = ints.size();
  shape.count = ints.size();
  shape.inner = ints.size();
  shape.is_log = ints.flag();
  ints.finish();
  kernels::expect(spec, operands, 0);
  return kernels::for_floating(dtype, [&]<class T>(kernels::Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Step<T>>(shape);
  });
}

}  // namespace

std::unique_ptr<Kernel> prepare_softmax(const StepSpec& spec) { return make<Softmax>(spec, 2); }

std::unique_ptr<Kernel> prepare_softmax_gradient(const StepSpec& spec) {
  return make<SoftmaxGradient>(spec, 3);
}

}  // namespace trimtab::TRIMTAB_ISA
