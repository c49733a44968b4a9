// What a kernel is to the plan, and the registry that finds one by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dtype.h"

namespace trimtab::kernels {

// One step as the planner wrote it. A kernel reads it once, when it is prepared.
struct StepSpec {
  std::string kernel;
  std::vector<bool> present;  // per operand: false where the step leaves it out
  std::vector<std::int64_t> ints;
  std::vector<double> floats;
};

// A prepared step: variant chosen, integers decoded. `bind` receives the operands' addresses
// (nullptr for an absent one) whenever memory moved; `run` then uses resolved pointers only.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel();

  // Bytes of 64-byte aligned memory that `run` may overwrite; shared with all other steps.
  [[nodiscard]] virtual std::size_t scratch_bytes() const;
  virtual void bind(std::span<std::byte* const> operands, std::byte* scratch) = 0;
  virtual void run() noexcept = 0;
  // An operand that the step calls constant may have new content.
  virtual void refresh() noexcept;
};

using Prepare = std::unique_ptr<Kernel> (*)(const StepSpec&);

struct Entry {
  std::string_view name;
  Prepare prepare;
};

// Throws std::invalid_argument for an unknown kernel or a malformed step.
std::unique_ptr<Kernel> prepare(const StepSpec& spec);

// The kernels' names, sorted. `host` is the plan's own and not among them.
std::vector<std::string> names();

// Reads a step's integers in order; a missing or a superfluous one is an error.
class IntReader {
 public:
  explicit IntReader(const StepSpec& spec) : spec_(spec) {}

  std::int64_t next();
  // A size or a count: not negative.
  std::int64_t size();
  bool flag() { return next() != 0; }
  DType dtype();
  // float32 or float64.
  DType floating();
  // What a kernel that computes in floating point keeps in memory: bfloat16 too.
  DType stored_floating();
  // As `dtype`, and bfloat16.
  DType stored();
  std::vector<std::int64_t> take(std::int64_t count);
  [[nodiscard]] bool is_done() const { return position_ == spec_.ints.size(); }
  void finish() const;
  [[noreturn]] void fail(const std::string& rule, std::int64_t got) const;

 private:
  [[nodiscard]] bool is_half() const;

  const StepSpec& spec_;
  std::size_t position_ = 0;
};

// The number of operands and floats; `optional` names the operands that a step may leave out.
void expect(const StepSpec& spec, std::size_t operands, std::size_t floats,
            std::span<const std::size_t> optional);
inline void expect(const StepSpec& spec, std::size_t operands, std::size_t floats,
                   std::initializer_list<std::size_t> optional = {}) {
  expect(spec, operands, floats, std::span(optional.begin(), optional.size()));
}

}  // namespace trimtab::kernels
