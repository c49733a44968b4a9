// An elementwise program: registers, instructions, and the iteration over broadcast inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/dtype.h"
#include "vm/handler.h"

namespace trimtab::vm {

inline constexpr int most_dims = 6;
// Operands from here on are constants.
inline constexpr int first_constant = 1000;

struct InputDescription {
  DType dtype;
  std::vector<std::int64_t> strides;  // elements; 0 repeats
};

struct InstructionDescription {
  Opcode opcode;
  DType dtype;  // of the operands; of the values for `where`
  int dst;
  int operands[3];
  DType target;  // of a cast
};

// As the planner wrote it: registers may be overwritten.
struct Description {
  std::vector<std::int64_t> dims;
  std::vector<InputDescription> inputs;
  std::vector<DType> outputs;
  std::vector<InstructionDescription> instructions;
  std::vector<int> output_registers;
  std::vector<double> constants;
  int register_count = 0;
};

// How an input's elements reach the instructions.
enum class Access {
  contiguous,  // read in place
  row,         // read in place, row by row
  scalar,      // one value, repeated over 64 bytes
  row_scalar,  // one value a row
  expanded,    // copied to a tile, element by element
};

struct Input {
  DType dtype;
  Access access;
  std::vector<std::int64_t> strides;
  int location = 0;
  std::int64_t period = 0;        // expanded: elements after which the values repeat
  bool is_loaded_once = false;    // expanded: every tile is the same
  std::size_t buffer_offset = 0;  // in the scratch memory, unless read in place
};

struct Output {
  DType dtype;
  int location = 0;
  std::size_t staging_offset = 0;
  // Inputs that are read after the output's register is written: if one shares the output's
  // memory, the tile is computed beside it and copied at the end.
  std::vector<int> inputs_read_later;
};

struct Buffer {
  int location;
  std::size_t offset;
};

// A validated program: every value has one location, every location one kind of memory.
struct Compiled {
  std::vector<std::int64_t> dims;
  std::int64_t element_count = 0;
  std::int64_t tile = 0;
  bool is_by_row = false;  // tiles don't cross the last dimension
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<Instruction> instructions;
  std::vector<Buffer> temporaries;
  std::vector<int> constant_locations;
  std::vector<std::byte> constant_bytes;  // 64 for each constant
  int location_count = 0;
  std::size_t scratch_bytes = 0;  // for one thread
};

// Throws std::invalid_argument for a malformed program.
Compiled compile(const Description& description, Isa isa);

// Writes the value at `from` over the 64 bytes at `to`.
void repeat_value(const std::byte* from, std::byte* to, DType dtype) noexcept;

// Copies `count` elements of a broadcast or strided array, starting at the flat index `start` of
// the iteration over `dims`.
void expand(const std::byte* from, std::byte* to, const Input& input,
            std::span<const std::int64_t> dims, std::int64_t start, std::int64_t count) noexcept;

}  // namespace trimtab::vm
