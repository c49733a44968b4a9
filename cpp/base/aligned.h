// Memory aligned to cache lines: an owning buffer, and a cursor that deals out parts of one.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace trimtab {

inline constexpr std::size_t cache_line_bytes = 64;

[[gnu::always_inline]] constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Uninitialised bytes, aligned to a cache line; movable, freed at the end of its scope.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size_bytes)
      : bytes_(static_cast<std::byte*>(
            ::operator new(round_up(size_bytes, cache_line_bytes), alignment))),
        size_bytes_(size_bytes) {}

  std::byte* data() const { return bytes_.get(); }
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  static constexpr std::align_val_t alignment{cache_line_bytes};
  struct Release {
    void operator()(std::byte* bytes) const { ::operator delete(bytes, alignment); }
  };
  std::unique_ptr<std::byte, Release> bytes_;
  std::size_t size_bytes_ = 0;
};

// Deals out consecutive, aligned parts of scratch memory that someone else owns.
class ScratchCursor {
 public:
  [[gnu::always_inline]] explicit ScratchCursor(std::byte* start) : next_(start) {}

  template <class T>
  [[gnu::always_inline]] T* take(std::size_t count) {
    T* part = reinterpret_cast<T*>(next_);
    next_ += round_up(count * sizeof(T), cache_line_bytes);
    return part;
  }

  [[gnu::always_inline]] std::byte* next() const { return next_; }

 private:
  std::byte* next_;
};

}  // namespace trimtab
