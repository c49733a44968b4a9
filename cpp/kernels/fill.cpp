// fill: one bit pattern everywhere. iota: 0, 1, 2, ... along one dimension.
#include <algorithm>
#include <cstring>

#include "kernels/dispatch.h"
#include "kernels/families.h"

namespace trimtab::kernels {
namespace {

template <class T>
class Fill final : public Kernel {
 public:
  Fill(std::int64_t count, std::int64_t bits) : count_(count) {
    std::memcpy(&value_, &bits, sizeof(T));  // little-endian: the low bytes
  }

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    y_ = reinterpret_cast<T*>(operands[0]);
  }
  void run() noexcept override { std::fill(y_, y_ + count_, value_); }

 private:
  std::int64_t count_;
  T value_{};
  T* y_ = nullptr;
};

// y[outer, count, inner] = position along count.
template <class T>
class Iota final : public Kernel {
 public:
  Iota(std::int64_t outer, std::int64_t count, std::int64_t inner)
      : outer_(outer), count_(count), inner_(inner) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    y_ = reinterpret_cast<T*>(operands[0]);
  }
  void run() noexcept override {
    T* y = y_;
    for (std::int64_t o = 0; o < outer_; ++o) {
      for (std::int64_t i = 0; i < count_; ++i, y += inner_) {
        std::fill(y, y + inner_, static_cast<T>(i));
      }
    }
  }

 private:
  std::int64_t outer_;
  std::int64_t count_;
  std::int64_t inner_;
  T* y_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> prepare_fill(const StepSpec& spec) {
  IntReader ints(spec);
  const std::int64_t item_bytes = ints.next();
  const std::int64_t count = ints.size();
  const std::int64_t bits = ints.next();
  ints.finish();
  expect(spec, 1, 0);
  return for_item_size(ints, item_bytes, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Fill<T>>(count, bits);
  });
}

std::unique_ptr<Kernel> prepare_iota(const StepSpec& spec) {
  IntReader ints(spec);
  const DType dtype = ints.dtype();
  const std::int64_t outer = ints.size();
  const std::int64_t count = ints.size();
  const std::int64_t inner = ints.size();
  ints.finish();
  expect(spec, 1, 0);
  return for_dtype(dtype, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Iota<T>>(outer, count, inner);
  });
}

}  // namespace trimtab::kernels
