// copy: any strided array to any other.
#include <algorithm>
#include <cstring>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/families.h"

namespace trimtab::kernels {
namespace {

constexpr std::int64_t threaded_elements = 200'000;

struct Dimension {
  std::int64_t size;
  std::int64_t src_stride;
  std::int64_t dst_stride;
};

// Without dimensions of size 1; neighbours that both sides step through alike are one. The last
// two remain, if only as sizes of 1, for the two inner loops.
std::vector<Dimension> simplify(const std::vector<Dimension>& dimensions) {
  std::vector<Dimension> merged;
  for (const Dimension& each : dimensions) {
    if (each.size == 1) continue;
    const bool is_continued = !merged.empty() &&
                              merged.back().src_stride == each.size * each.src_stride &&
                              merged.back().dst_stride == each.size * each.dst_stride;
    if (is_continued) {
      merged.back() = {merged.back().size * each.size, each.src_stride, each.dst_stride};
    } else {
      merged.push_back(each);
    }
  }
  while (merged.size() < 2) merged.insert(merged.begin(), {1, 0, 0});
  return merged;
}

template <class T>
class Copy final : public Kernel {
 public:
  Copy(std::vector<Dimension> dimensions, std::int64_t src_offset, std::int64_t dst_offset)
      : dimensions_(std::move(dimensions)), src_offset_(src_offset), dst_offset_(dst_offset) {
    for (const Dimension& each : dimensions_) elements_ *= each.size;
    // Where the source runs along another dimension than the last, that one joins the inner loops.
    const std::size_t last = dimensions_.size() - 1;
    if (dimensions_[last].src_stride == 1) return;
    for (std::size_t d = 0; d < last; ++d) {
      if (dimensions_[d].src_stride == 1) std::swap(dimensions_[d], dimensions_[last - 1]);
    }
    is_transposed_ = dimensions_[last - 1].src_stride == 1;
  }

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    src_ = reinterpret_cast<const T*>(operands[0]) + src_offset_;
    dst_ = reinterpret_cast<T*>(operands[1]) + dst_offset_;
  }

  void run() noexcept override {
    if (elements_ == 0) return;
    if (elements_ < threaded_elements) return copy(0, dimensions_[0].size);
    const std::int64_t size = dimensions_[0].size;
    const std::int64_t tasks = std::min<std::int64_t>(size, 16);
    parallel_for(tasks,
                 [&](std::int64_t task) { copy(size * task / tasks, size * (task + 1) / tasks); });
  }

 private:
  // The positions [first, end) of the first dimension.
  void copy(std::int64_t first, std::int64_t end) const noexcept {
    const T* src = src_ + first * dimensions_[0].src_stride;
    T* dst = dst_ + first * dimensions_[0].dst_stride;
    if (dimensions_.size() == 2) return copy_plane(src, dst, end - first);
    for (; first < end; ++first) {
      copy_from(1, src, dst);
      src += dimensions_[0].src_stride;
      dst += dimensions_[0].dst_stride;
    }
  }

  void copy_from(std::size_t d, const T* src, T* dst) const noexcept {
    const Dimension& each = dimensions_[d];
    if (d + 2 == dimensions_.size()) return copy_plane(src, dst, each.size);
    for (std::int64_t i = 0; i < each.size; ++i) {
      copy_from(d + 1, src + i * each.src_stride, dst + i * each.dst_stride);
    }
  }

  void copy_plane(const T* src, T* dst, std::int64_t rows) const noexcept {
    const Dimension& row = dimensions_[dimensions_.size() - 2];
    const Dimension& column = dimensions_.back();
    if (is_transposed_) return transpose(src, dst, rows);
    for (std::int64_t i = 0; i < rows; ++i) {
      copy_row(src + i * row.src_stride, dst + i * row.dst_stride, column);
    }
  }

  static void copy_row(const T* src, T* dst, const Dimension& column) noexcept {
    if (column.src_stride == 1 && column.dst_stride == 1) {
      std::memcpy(dst, src, static_cast<std::size_t>(column.size) * sizeof(T));
    } else if (column.src_stride == 0 && column.dst_stride == 1) {
      std::fill(dst, dst + column.size, *src);
    } else {
      for (std::int64_t j = 0; j < column.size; ++j) {
        dst[j * column.dst_stride] = src[j * column.src_stride];
      }
    }
  }

  // In blocks that keep both sides' cache lines.
  void transpose(const T* src, T* dst, std::int64_t rows) const noexcept {
    constexpr std::int64_t block = 16;
    const Dimension& row = dimensions_[dimensions_.size() - 2];
    const Dimension& column = dimensions_.back();
    for (std::int64_t i = 0; i < rows; i += block) {
      const std::int64_t end_i = std::min(rows, i + block);
      for (std::int64_t j = 0; j < column.size; j += block) {
        const std::int64_t end_j = std::min(column.size, j + block);
        for (std::int64_t p = i; p < end_i; ++p) {
          const T* from = src + p * row.src_stride;
          T* to = dst + p * row.dst_stride;
          for (std::int64_t q = j; q < end_j; ++q) {
            to[q * column.dst_stride] = from[q * column.src_stride];
          }
        }
      }
    }
  }

  std::vector<Dimension> dimensions_;
  std::int64_t src_offset_;
  std::int64_t dst_offset_;
  std::int64_t elements_ = 1;
  bool is_transposed_ = false;
  const T* src_ = nullptr;
  T* dst_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> prepare_copy(const StepSpec& spec) {
  IntReader ints(spec);
  const std::int64_t item_bytes = ints.next();
  const std::int64_t count = ints.size();
  std::vector<Dimension> dimensions;
  for (std::int64_t d = 0; d < count; ++d) dimensions.push_back({ints.size(), 0, 0});
  for (Dimension& each : dimensions) each.src_stride = ints.next();
  for (Dimension& each : dimensions) each.dst_stride = ints.next();
  const std::int64_t src_offset = ints.next();
  const std::int64_t dst_offset = ints.next();
  ints.finish();
  expect(spec, 2, 0);
  return for_item_size(ints, item_bytes, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Copy<T>>(simplify(dimensions), src_offset, dst_offset);
  });
}

}  // namespace trimtab::kernels
