// Runs an elementwise program over tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vm/program.h"

namespace trimtab::vm {

class Interpreter {
 public:
  // `threads`: the most that a run may use.
  Interpreter(Compiled compiled, int threads);

  [[nodiscard]] std::size_t scratch_bytes() const;
  // The inputs' addresses, then the outputs'.
  void bind(std::span<std::byte* const> operands, std::byte* scratch);
  void run() noexcept;

 private:
  void run_single_tile() noexcept;
  void run_tiles(std::int64_t first_tile, std::int64_t end_tile, int worker) const noexcept;
  void run_tile(Location* locations, std::byte* scratch, std::int64_t start,
                std::int64_t count) const noexcept;
  void load_inputs(Location* locations, std::byte* scratch, std::int64_t start, std::int64_t count,
                   bool is_first) const noexcept;
  void place(Location* locations, std::byte* scratch) const;
  [[nodiscard]] std::int64_t row_offset(const Input& input, std::int64_t start) const noexcept;

  Compiled compiled_;
  int threads_;
  std::int64_t tile_count_;
  std::vector<std::byte*> operands_;
  std::vector<Location> locations_;  // all workers' in turn; worker 0's first
  std::vector<bool> is_staged_;
  std::vector<int> loaded_inputs_;  // those that aren't contiguous
  std::vector<int> staged_outputs_;
  std::byte* scratch_ = nullptr;
};

}  // namespace trimtab::vm
