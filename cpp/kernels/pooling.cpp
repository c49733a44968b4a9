// max_pool, average_pool and their gradients: windows of positions, whose channels are contiguous.
#include "base/aligned.h"
#include "base/thread_pool.h"
#include "kernels/axes.h"
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

using kernels::ConvolutionAxis;

// Signed integers as wide as T, so that a vector of one matches a vector of the other.
template <class T>
struct IndexOf {
  using type = std::int32_t;
};
template <>
struct IndexOf<double> {
  using type = std::int64_t;
};

struct PoolShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::array<ConvolutionAxis, onednn::max_spatial> axes;

  [[nodiscard]] std::int64_t lines() const { return axes[0].out * axes[1].out; }
  [[nodiscard]] std::int64_t in_size() const {
    return axes[0].in * axes[1].in * axes[2].in * channels;
  }
  [[nodiscard]] std::int64_t line_size() const { return axes[2].out * channels; }
};

// Positions of a window along one axis that lie inside the input.
struct Range {
  std::int64_t begin;
  std::int64_t end;

  Range(const ConvolutionAxis& axis, std::int64_t out)
      : begin(out * axis.stride - axis.low), end(begin + axis.kernel) {
    begin = begin < 0 ? 0 : begin;
    end = end > axis.in ? axis.in : end;
    if (end < begin) end = begin;
  }
  [[nodiscard]] std::int64_t size() const { return end - begin; }
};

// The window of one output position.
struct Window {
  Range depth;
  Range height;
  Range width;

  Window(const PoolShape& shape, std::int64_t line, std::int64_t out)
      : depth(shape.axes[0], line / shape.axes[1].out),
        height(shape.axes[1], line % shape.axes[1].out),
        width(shape.axes[2], out) {}

  [[nodiscard]] std::int64_t size() const { return depth.size() * height.size() * width.size(); }

  // Calls use(offset of the position's first channel in an image) in order.
  template <class Use>
  [[gnu::always_inline]] void for_each(const PoolShape& shape, const Use& use) const {
    for (std::int64_t z = depth.begin; z < depth.end; ++z) {
      for (std::int64_t y = height.begin; y < height.end; ++y) {
        const std::int64_t row = (z * shape.axes[1].in + y) * shape.axes[2].in;
        for (std::int64_t x = width.begin; x < width.end; ++x) use((row + x) * shape.channels);
      }
    }
  }
};

template <class T>
void max_window(const PoolShape& shape, const Window& window, const T* image, T* y) {
  for (std::int64_t c = 0; c < shape.channels; ++c) y[c] = -static_cast<T>(__builtin_inf());
  window.for_each(shape, [&](std::int64_t offset) {
    const T* x = image + offset;
    // A NaN replaces any number, and no number replaces a NaN.
    for (std::int64_t c = 0; c < shape.channels; ++c)
      y[c] = x[c] > y[c] || x[c] != x[c] ? x[c] : y[c];
  });
}

template <class T>
void mean_window(const PoolShape& shape, const Window& window, const T* image, T* y) {
  for (std::int64_t c = 0; c < shape.channels; ++c) y[c] = 0;
  window.for_each(shape, [&](std::int64_t offset) {
    const T* x = image + offset;
    for (std::int64_t c = 0; c < shape.channels; ++c) y[c] += x[c];
  });
  const auto count = static_cast<T>(window.size() > 0 ? window.size() : 1);
  for (std::int64_t c = 0; c < shape.channels; ++c) y[c] /= count;
}

// Where the largest element of each channel was found.
template <class T>
struct Chosen {
  T* best;
  typename IndexOf<T>::type* position;
};

template <class T>
void max_window_gradient(const PoolShape& shape, const Window& window, const T* g, const T* image,
                         const Chosen<T>& chosen, T* dx) {
  using Index = typename IndexOf<T>::type;
  T* const best = chosen.best;
  Index* const position = chosen.position;
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    best[c] = -static_cast<T>(__builtin_inf());
    position[c] = 0;
  }
  Index number = 0;
  window.for_each(shape, [&](std::int64_t offset) {
    const T* x = image + offset;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      const bool is_first_nan = x[c] != x[c] && best[c] == best[c];
      const bool is_larger = x[c] > best[c] || is_first_nan;
      best[c] = is_larger ? x[c] : best[c];
      position[c] = is_larger ? number : position[c];
    }
    ++number;
  });
  number = 0;
  window.for_each(shape, [&](std::int64_t offset) {
    T* to = dx + offset;
    for (std::int64_t c = 0; c < shape.channels; ++c) to[c] += position[c] == number ? g[c] : T{};
    ++number;
  });
}

template <class T>
void mean_window_gradient(const PoolShape& shape, const Window& window, const T* g, T* dx) {
  const auto count = static_cast<T>(window.size());
  window.for_each(shape, [&](std::int64_t offset) {
    T* to = dx + offset;
    for (std::int64_t c = 0; c < shape.channels; ++c) to[c] += g[c] / count;
  });
}

template <class T, bool is_max>
class Pool final : public Kernel {
 public:
  explicit Pool(const PoolShape& shape) : shape_(shape) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    y_ = reinterpret_cast<T*>(operands[1]);
  }

  void run() noexcept override {
    const std::int64_t lines = shape_.lines();
    parallel_for(shape_.batch * lines, [&](std::int64_t task) {
      const T* image = x_ + task / lines * shape_.in_size();
      T* y = y_ + task * shape_.line_size();
      for (std::int64_t out = 0; out < shape_.axes[2].out; ++out, y += shape_.channels) {
        const Window window(shape_, task % lines, out);
        if constexpr (is_max) {
          max_window(shape_, window, image, y);
        } else {
          mean_window(shape_, window, image, y);
        }
      }
    });
  }

 private:
  PoolShape shape_;
  const T* x_ = nullptr;
  T* y_ = nullptr;
};

// An image belongs to one thread, as windows may overlap.
template <class T, bool is_max>
class PoolGradient final : public Kernel {
 public:
  explicit PoolGradient(const PoolShape& shape) : shape_(shape), threads_(num_threads()) {}

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return is_max ? static_cast<std::size_t>(threads_) * 2 * part_bytes() : 0;
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    g_ = reinterpret_cast<const T*>(operands[0]);
    if constexpr (is_max) x_ = reinterpret_cast<const T*>(operands[1]);
    dx_ = reinterpret_cast<T*>(operands[is_max ? 2 : 1]);
    scratch_ = scratch;
  }

  void run() noexcept override {
    parallel_for(shape_.batch, threads_,
                 [&](std::int64_t image, int worker) { run_image(image, worker); });
  }

 private:
  [[nodiscard]] std::size_t part_bytes() const {
    return round_up(static_cast<std::size_t>(shape_.channels) * sizeof(T), cache_line_bytes);
  }

  void run_image(std::int64_t image, int worker) noexcept {
    const std::int64_t lines = shape_.lines();
    const T* g = g_ + image * lines * shape_.line_size();
    T* dx = dx_ + image * shape_.in_size();
    for (std::int64_t i = 0; i < shape_.in_size(); ++i) dx[i] = 0;
    std::byte* part = scratch_ + static_cast<std::size_t>(worker) * 2 * part_bytes();
    for (std::int64_t line = 0; line < lines; ++line) {
      for (std::int64_t out = 0; out < shape_.axes[2].out; ++out, g += shape_.channels) {
        const Window window(shape_, line, out);
        if constexpr (is_max) {
          const Chosen<T> chosen{reinterpret_cast<T*>(part),
                                 reinterpret_cast<typename IndexOf<T>::type*>(part + part_bytes())};
          max_window_gradient(shape_, window, g, x_ + image * shape_.in_size(), chosen, dx);
        } else {
          mean_window_gradient(shape_, window, g, dx);
        }
      }
    }
  }

  PoolShape shape_;
  int threads_;
  const T* g_ = nullptr;
  const T* x_ = nullptr;
  T* dx_ = nullptr;
  std::byte* scratch_ = nullptr;
};

template <template <class, bool> class Step, bool is_max>
std::unique_ptr<Kernel> prepare(const StepSpec& spec, std::size_t operands) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.floating();
  PoolShape shape;
  shape.batch = ints.size();
  shape.channels = ints.size();
  shape.axes = kernels::read_axes(ints);
  ints.finish();
  for (const ConvolutionAxis& axis : shape.axes) {
    if (axis.dilation != 1) ints.fail("needs windows without gaps", axis.dilation);
  }
  kernels::expect(spec, operands, 0);
  return kernels::for_floating(dtype, [&]<class T>(kernels::Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Step<T, is_max>>(shape);
  });
}

}  // namespace

std::unique_ptr<Kernel> prepare_max_pool(const StepSpec& spec) {
  return prepare<Pool, true>(spec, 2);
}

std::unique_ptr<Kernel> prepare_max_pool_gradient(const StepSpec& spec) {
  return prepare<PoolGradient, true>(spec, 3);
}

std::unique_ptr<Kernel> prepare_average_pool(const StepSpec& spec) {
  return prepare<Pool, false>(spec, 2);
}

std::unique_ptr<Kernel> prepare_average_pool_gradient(const StepSpec& spec) {
  return prepare<PoolGradient, false>(spec, 2);
}

}  // namespace trimtab::TRIMTAB_ISA
