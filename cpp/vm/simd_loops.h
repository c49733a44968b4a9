// Loops over a tile in whole vectors and a partial one.
#pragma once

#include <cstdint>

#include "simd/bfloat16.h"
#include "simd/bytes.h"
#include "simd/vec.h"
#include "vm/handler.h"

namespace trimtab::TRIMTAB_ISA {

// A register's elements, or its repeated value.
template <class T>
class Reader {
 public:
  [[gnu::always_inline]] explicit Reader(const vm::Location& location)
      : at_(reinterpret_cast<const T*>(location.address)), step_(location.stride * lanes<T>) {}

  [[gnu::always_inline]] Vec<T> next() {
    const Vec<T> value = load(at_);
    at_ += step_;
    return value;
  }
  [[gnu::always_inline]] Vec<T> rest(std::int64_t count) const { return load_partial(at_, count); }

 private:
  const T* at_;
  std::int64_t step_;
};

// Booleans, one for each lane of Vec<T>.
template <class T>
class MaskReader {
 public:
  [[gnu::always_inline]] explicit MaskReader(const vm::Location& location)
      : at_(location.address), step_(location.stride * lanes<T>) {}

  [[gnu::always_inline]] Mask<T> next() {
    const Mask<T> value = load_mask<T>(at_, lanes<T>);
    at_ += step_;
    return value;
  }
  [[gnu::always_inline]] Mask<T> rest(std::int64_t count) const { return load_mask<T>(at_, count); }

 private:
  const std::byte* at_;
  std::int64_t step_;
};

template <class T>
class Writer {
 public:
  [[gnu::always_inline]] explicit Writer(const vm::Location& location)
      : at_(reinterpret_cast<T*>(location.address)) {}

  [[gnu::always_inline]] void next(Vec<T> value) {
    store(at_, value);
    at_ += lanes<T>;
  }
  [[gnu::always_inline]] void rest(Vec<T> value, std::int64_t count) const {
    store_partial(at_, value, count);
  }

 private:
  T* at_;
};

template <class T>
class MaskWriter {
 public:
  [[gnu::always_inline]] explicit MaskWriter(const vm::Location& location)
      : at_(location.address) {}

  [[gnu::always_inline]] void next(Mask<T> value) {
    store_mask<T>(at_, value, lanes<T>);
    at_ += lanes<T>;
  }
  [[gnu::always_inline]] void rest(Mask<T> value, std::int64_t count) const {
    store_mask<T>(at_, value, count);
  }

 private:
  std::byte* at_;
};

// Function: what an element becomes; Result: Writer or MaskWriter.
template <class T, class Function, class Result>
void unary_loop(const vm::Instruction& instruction, const vm::Location* locations,
                std::int64_t count) noexcept {
  const Function function;
  Reader<T> a(locations[instruction.a]);
  Result result(locations[instruction.dst]);
  for (; count >= lanes<T>; count -= lanes<T>) result.next(function(a.next()));
  if (count > 0) result.rest(function(a.rest(count)), count);
}

template <class T, class Function, class Result>
void binary_loop(const vm::Instruction& instruction, const vm::Location* locations,
                 std::int64_t count) noexcept {
  const Function function;
  Reader<T> a(locations[instruction.a]);
  Reader<T> b(locations[instruction.b]);
  Result result(locations[instruction.dst]);
  for (; count >= lanes<T>; count -= lanes<T>) result.next(function(a.next(), b.next()));
  if (count > 0) result.rest(function(a.rest(count), b.rest(count)), count);
}

template <class T>
void where_loop(const vm::Instruction& instruction, const vm::Location* locations,
                std::int64_t count) noexcept {
  Reader<T> a(locations[instruction.a]);
  Reader<T> b(locations[instruction.b]);
  MaskReader<T> condition(locations[instruction.c]);
  Writer<T> result(locations[instruction.dst]);
  for (; count >= lanes<T>; count -= lanes<T>) {
    result.next(select(condition.next(), a.next(), b.next()));
  }
  if (count > 0) result.rest(select(condition.rest(count), a.rest(count), b.rest(count)), count);
}

// Second(First(a, b), c), each half rounded.
template <class T, class First, class Second>
void fused_loop(const vm::Instruction& instruction, const vm::Location* locations,
                std::int64_t count) noexcept {
  const First first;
  const Second second;
  Reader<T> a(locations[instruction.a]);
  Reader<T> b(locations[instruction.b]);
  Reader<T> c(locations[instruction.c]);
  Writer<T> result(locations[instruction.dst]);
  for (; count >= lanes<T>; count -= lanes<T>) {
    result.next(second(first(a.next(), b.next()), c.next()));
  }
  if (count > 0) {
    result.rest(second(first(a.rest(count), b.rest(count)), c.rest(count)), count);
  }
}

// Choose(d, a * b, c)
template <class T, class Choose>
void fused_where_loop(const vm::Instruction& instruction, const vm::Location* locations,
                      std::int64_t count) noexcept {
  const Choose choose;
  Reader<T> a(locations[instruction.a]);
  Reader<T> b(locations[instruction.b]);
  Reader<T> c(locations[instruction.c]);
  MaskReader<T> d(locations[instruction.d]);
  Writer<T> result(locations[instruction.dst]);
  for (; count >= lanes<T>; count -= lanes<T>) {
    result.next(choose(d.next(), a.next() * b.next(), c.next()));
  }
  if (count > 0) {
    result.rest(choose(d.rest(count), a.rest(count) * b.rest(count), c.rest(count)), count);
  }
}

// Booleans to numbers.
template <class T>
void cast_mask_loop(const vm::Instruction& instruction, const vm::Location* locations,
                    std::int64_t count) noexcept {
  MaskReader<T> a(locations[instruction.a]);
  Writer<T> result(locations[instruction.dst]);
  const auto number = [](Mask<T> mask) { return select(mask, broadcast(T{1}), Vec<T>{}); };
  for (; count >= lanes<T>; count -= lanes<T>) result.next(number(a.next()));
  if (count > 0) result.rest(number(a.rest(count)), count);
}

// float32 to bfloat16 and back.
template <class From, class To>
void cast_half_loop(const vm::Instruction& instruction, const vm::Location* locations,
                    std::int64_t count) noexcept {
  const vm::Location& source = locations[instruction.a];
  const auto* from = reinterpret_cast<const From*>(source.address);
  auto* to = reinterpret_cast<To*>(locations[instruction.dst].address);
  const std::int64_t step = source.stride * lanes<float>;
  for (; count >= lanes<float>; count -= lanes<float>, from += step, to += lanes<float>) {
    store(to, load(from));
  }
  if (count > 0) store_partial(to, load_partial(from, count), count);
}

}  // namespace trimtab::TRIMTAB_ISA
