#include "plan/program.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>

namespace trimtab::plan {
namespace {

std::invalid_argument bad_step(const StepDescription& step, const std::string& what) {
  return std::invalid_argument("Program: step `" + step.kernel + "` " + what);
}

}  // namespace

Program::Program(std::span<const StepDescription> steps, std::size_t arena_bytes,
                 std::size_t slot_count, std::vector<HostFunction> host_functions)
    : arena_(arena_bytes),
      slots_(std::max<std::size_t>(slot_count, 1), nullptr),
      host_functions_(std::move(host_functions)),
      used_(slots_.size(), false),
      has_moved_(slots_.size(), true) {
  std::memset(arena_.data(), 0, arena_.size_bytes());
  slots_[0] = arena_.data();
  for (const StepDescription& step : steps) add_step(step);
  segments_.push_back({kernels_.size(), nullptr});
  std::size_t scratch_bytes = 0;
  for (const auto& kernel : kernels_) {
    scratch_bytes = std::max(scratch_bytes, kernel->scratch_bytes());
  }
  scratch_ = AlignedBuffer(scratch_bytes);
}

void Program::add_step(const StepDescription& step) {
  for (const Operand& operand : step.operands) {
    if (operand.slot < -1 || operand.slot >= static_cast<std::int64_t>(slots_.size())) {
      throw bad_step(step, "names a slot outside [-1, " + std::to_string(slots_.size()) +
                               "); got " + std::to_string(operand.slot));
    }
    if (operand.slot >= 0) used_[static_cast<std::size_t>(operand.slot)] = true;
  }
  if (step.kernel == "host") {
    const std::int64_t index = step.ints.size() == 1 ? step.ints[0] : -1;
    if (index < 0 || index >= static_cast<std::int64_t>(host_functions_.size())) {
      throw bad_step(step, "needs the index of one of " + std::to_string(host_functions_.size()) +
                               " host functions; got " + std::to_string(index));
    }
    segments_.push_back({kernels_.size(), &host_functions_[static_cast<std::size_t>(index)]});
    return;
  }
  kernels::StepSpec spec{step.kernel, {}, step.ints, step.floats};
  for (const Operand& operand : step.operands) spec.present.push_back(operand.slot >= 0);
  kernels_.push_back(kernels::prepare(spec));
  operands_.push_back(step.operands);
}

std::byte* Program::address(const Operand& operand) const {
  if (operand.slot < 0) return nullptr;
  return slots_[static_cast<std::size_t>(operand.slot)] + operand.offset_bytes;
}

void Program::bind(std::size_t slot, std::byte* address) {
  if (slot == 0 || slot >= slots_.size()) {
    throw std::invalid_argument("Program: `slot` must lie in [1, " + std::to_string(slots_.size()) +
                                "); got " + std::to_string(slot));
  }
  if (slots_[slot] == address) return;
  slots_[slot] = address;
  has_moved_[slot] = true;
  resolved_ = false;
}

void Program::bind_all(std::span<std::byte* const> addresses) {
  if (addresses.size() + 1 != slots_.size()) {
    throw std::invalid_argument("Program: needs " + std::to_string(slots_.size() - 1) +
                                " addresses; got " + std::to_string(addresses.size()));
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) bind(i + 1, addresses[i]);
}

void Program::resolve() {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (used_[slot] && slots_[slot] == nullptr) {
      throw std::logic_error("Program: bind every slot before a run; slot " + std::to_string(slot) +
                             " has no address");
    }
  }
  std::vector<std::byte*> pointers;
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    const bool is_affected =
        std::any_of(operands_[i].begin(), operands_[i].end(), [this](const Operand& operand) {
          return operand.slot >= 0 && has_moved_[static_cast<std::size_t>(operand.slot)];
        });
    if (!is_affected) continue;
    pointers.clear();
    for (const Operand& operand : operands_[i]) pointers.push_back(address(operand));
    kernels_[i]->bind(pointers, scratch_.data());
  }
  std::fill(has_moved_.begin(), has_moved_.end(), false);
  resolved_ = true;
}

void Program::refresh() {
  for (const auto& kernel : kernels_) kernel->refresh();
}

void Program::run() {
  if (!resolved_) resolve();
  std::size_t i = 0;
  for (const Segment& segment : segments_) {
    for (; i < segment.end; ++i) kernels_[i]->run();
    if (segment.host != nullptr) (*segment.host)();
  }
}

std::vector<double> Program::run_timed() {
  using Clock = std::chrono::steady_clock;
  if (!resolved_) resolve();
  std::vector<double> seconds;
  std::size_t i = 0;
  for (const Segment& segment : segments_) {
    for (; i < segment.end; ++i) {
      const Clock::time_point start = Clock::now();
      kernels_[i]->run();
      seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    if (segment.host != nullptr) (*segment.host)();
  }
  return seconds;
}

}  // namespace trimtab::plan
