// A plan: prepared steps over one arena and external memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "kernels/kernel.h"

namespace trimtab::plan {

// Where an operand lies: slot 0 is the arena, slots >= 1 are bound from outside, -1 is absent.
struct Operand {
  std::int64_t slot;
  std::int64_t offset_bytes;
};

struct StepDescription {
  std::string kernel;
  std::vector<Operand> operands;
  std::vector<std::int64_t> ints;
  std::vector<double> floats;
};

using HostFunction = std::function<void()>;

class Program {
 public:
  // Throws std::invalid_argument for an unknown kernel, a malformed step or a slot out of range.
  Program(std::span<const StepDescription> steps, std::size_t arena_bytes, std::size_t slot_count,
          std::vector<HostFunction> host_functions);

  [[nodiscard]] std::size_t slot_count() const { return slots_.size(); }
  [[nodiscard]] std::byte* arena() const { return arena_.data(); }
  [[nodiscard]] std::byte* address(const Operand& operand) const;

  void bind(std::size_t slot, std::byte* address);
  // The addresses of the slots 1, 2, ...
  void bind_all(std::span<std::byte* const> addresses);

  // Tells the kernels that operands which their steps call constant may have new content.
  void refresh();

  // Runs all steps. What a host function throws ends the run and is thrown on.
  // Throws std::logic_error while a slot is unbound.
  void run();
  // Runs all steps and returns the seconds that each took, host functions left out.
  std::vector<double> run_timed();

 private:
  // Steps up to and including a host function, or to the end of the plan.
  struct Segment {
    std::size_t end;
    const HostFunction* host;
  };

  void add_step(const StepDescription& step);
  void resolve();

  AlignedBuffer arena_;
  AlignedBuffer scratch_;
  std::vector<std::byte*> slots_;
  std::vector<HostFunction> host_functions_;
  std::vector<std::unique_ptr<kernels::Kernel>> kernels_;
  std::vector<std::vector<Operand>> operands_;
  std::vector<Segment> segments_;
  std::vector<bool> used_;
  std::vector<bool> has_moved_;  // slots bound since the last run
  bool resolved_ = false;
};

}  // namespace trimtab::plan
