#include "kernels/kernel.h"

#include <algorithm>
#include <stdexcept>

namespace trimtab::kernels {
namespace {

[[noreturn]] void reject(const StepSpec& spec, const std::string& rule, std::int64_t got) {
  throw std::invalid_argument("Program: step `" + spec.kernel + "` " + rule + "; got " +
                              std::to_string(got));
}

}  // namespace

Kernel::~Kernel() = default;

std::size_t Kernel::scratch_bytes() const { return 0; }

void Kernel::refresh() noexcept {}

std::int64_t IntReader::next() {
  if (position_ == spec_.ints.size()) fail("needs more integers", std::ssize(spec_.ints));
  return spec_.ints[position_++];
}

std::int64_t IntReader::size() {
  const std::int64_t value = next();
  if (value < 0) fail("needs sizes that aren't negative", value);
  return value;
}

DType IntReader::dtype() {
  const std::int64_t code = next();
  if (code < 0 || code > static_cast<std::int64_t>(DType::boolean)) {
    fail("needs a dtype's code in [0, 7)", code);
  }
  return static_cast<DType>(code);
}

DType IntReader::floating() {
  const DType found = dtype();
  if (found != DType::float32 && found != DType::float64) {
    fail("computes in float32 (0) or float64 (1)", static_cast<std::int64_t>(found));
  }
  return found;
}

bool IntReader::is_half() const {
  return position_ < spec_.ints.size() &&
         spec_.ints[position_] == static_cast<std::int64_t>(DType::bfloat16);
}

DType IntReader::stored() {
  if (!is_half()) return dtype();
  ++position_;
  return DType::bfloat16;
}

DType IntReader::stored_floating() {
  if (!is_half()) return floating();
  ++position_;
  return DType::bfloat16;
}

std::vector<std::int64_t> IntReader::take(std::int64_t count) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(next());
  return values;
}

void IntReader::finish() const {
  if (position_ != spec_.ints.size()) {
    fail("needs " + std::to_string(position_) + " integers", std::ssize(spec_.ints));
  }
}

void IntReader::fail(const std::string& rule, std::int64_t got) const { reject(spec_, rule, got); }

void expect(const StepSpec& spec, std::size_t operands, std::size_t floats,
            std::span<const std::size_t> optional) {
  if (spec.present.size() != operands) {
    reject(spec, "needs " + std::to_string(operands) + " operands", std::ssize(spec.present));
  }
  if (spec.floats.size() != floats) {
    reject(spec, "needs " + std::to_string(floats) + " floats", std::ssize(spec.floats));
  }
  for (std::size_t i = 0; i < operands; ++i) {
    const bool is_optional = std::find(optional.begin(), optional.end(), i) != optional.end();
    if (!spec.present[i] && !is_optional) {
      reject(spec, "can't leave out its operand at position " + std::to_string(i), -1);
    }
  }
}

}  // namespace trimtab::kernels
