#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/aligned.h"
#include "vm/program.h"
#include "vm/values.h"

namespace trimtab::vm {
namespace {

[[noreturn]] void fail(const std::string& rule, std::int64_t got) {
  throw std::invalid_argument("elementwise: " + rule + "; got " + std::to_string(got));
}

class Compiler {
 public:
  Compiler(const Description& description, Isa isa) : description_(description), isa_(isa) {}

  Compiled run() {
    add_inputs();
    for (const InstructionDescription& each : description_.instructions) add_instruction(each);
    add_outputs();
    fuse(instructions_, output_values_, isa_);
    find_hazards();
    choose_access(description_, compiled_);
    place_values();
    place_buffers();
    return std::move(compiled_);
  }

 private:
  int new_value(DType dtype) {
    values_.push_back({dtype});
    return static_cast<int>(values_.size()) - 1;
  }

  void add_inputs() {
    const auto& dims = description_.dims;
    if (dims.size() > most_dims) fail("takes at most 6 dimensions", std::ssize(dims));
    compiled_.dims = dims;
    compiled_.element_count = 1;
    for (const std::int64_t size : dims) compiled_.element_count *= size;
    const int inputs = static_cast<int>(description_.inputs.size());
    const int outputs = static_cast<int>(description_.outputs.size());
    if (description_.register_count < inputs) {
      fail("needs a register for each input", description_.register_count);
    }
    registers_.assign(static_cast<std::size_t>(description_.register_count), -1);
    for (int i = 0; i < inputs; ++i) {
      registers_[i] = new_value(description_.inputs[i].dtype);
      values_[registers_[i]].location = i;
    }
    compiled_.location_count = inputs + outputs;
  }

  int constant_value(int index, DType dtype) {
    if (index >= static_cast<int>(description_.constants.size())) {
      fail("has no such constant", index);
    }
    const auto key = std::pair(index, dtype);
    const auto found = constants_.find(key);
    if (found != constants_.end()) return found->second;
    const int value = new_value(dtype);
    values_[value].location = compiled_.location_count++;
    compiled_.constant_locations.push_back(values_[value].location);
    const std::size_t at = compiled_.constant_bytes.size();
    compiled_.constant_bytes.resize(at + cache_line_bytes);
    write_constant(description_.constants[index], dtype, &compiled_.constant_bytes[at]);
    constants_[key] = value;
    return value;
  }

  template <class T>
  static void write_as(double number, std::byte* to) {
    T value;
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const bool fits = number >= -0x1p63 && number < 0x1p63;
      value = static_cast<T>(fits ? static_cast<std::int64_t>(number)
                                  : std::numeric_limits<std::int64_t>::max());
    } else {
      value = static_cast<T>(number);
    }
    std::memcpy(to, &value, sizeof(T));
  }

  static void write_constant(double number, DType dtype, std::byte* to) {
    std::byte single[8] = {};
    switch (dtype) {
      case DType::float32:
        write_as<float>(number, single);
        break;
      case DType::float64:
        write_as<double>(number, single);
        break;
      case DType::int32:
        write_as<std::int32_t>(number, single);
        break;
      case DType::int64:
        write_as<std::int64_t>(number, single);
        break;
      case DType::uint32:
        write_as<std::uint32_t>(number, single);
        break;
      case DType::uint8:
        write_as<std::uint8_t>(number, single);
        break;
      default:
        write_as<bool>(number, single);
        break;
    }
    repeat_value(single, to, dtype);
  }

  int operand_value(int operand, DType dtype) {
    if (operand >= first_constant) return constant_value(operand - first_constant, dtype);
    if (operand < 0 || operand >= description_.register_count) {
      fail("has no such register", operand);
    }
    const int value = registers_[operand];
    if (value < 0) fail("reads a register before it is written", operand);
    if (values_[value].dtype != dtype) {
      fail("an operand's dtype differs from its instruction's; register", operand);
    }
    return value;
  }

  void add_instruction(const InstructionDescription& each) {
    const OpcodeInfo& rule = info(each.opcode);
    if (!accepts(rule.types, each.dtype)) {
      fail(std::string(rule.name).append(" is not defined for the dtype"),
           static_cast<int>(each.dtype));
    }
    const bool is_half = each.dtype == DType::bfloat16 || each.target == DType::bfloat16;
    const bool is_single = each.dtype == DType::float32 || each.target == DType::float32;
    if (is_half && (each.opcode != Opcode::cast || !is_single)) {
      fail("bfloat16 is only cast, from and to float32; got the opcode",
           static_cast<int>(each.opcode));
    }
    ValueInstruction instruction{find_handler(each.opcode, each.dtype, each.target, isa_),
                                 each.opcode, each.dtype};
    for (int i = 0; i < 3; ++i) {
      const bool is_condition = each.opcode == Opcode::where && i == 2;
      instruction.operands[i] =
          i < rule.arity
              ? operand_value(each.operands[i], is_condition ? DType::boolean : each.dtype)
              : -1;
    }
    if (each.dst < 0 || each.dst >= description_.register_count) {
      fail("has no such register", each.dst);
    }
    const DType dtype = rule.result == ResultType::same      ? each.dtype
                        : rule.result == ResultType::boolean ? DType::boolean
                                                             : each.target;
    instruction.dst = registers_[each.dst] = new_value(dtype);
    instructions_.push_back(instruction);
  }

  // A value that already has a location (an input, a constant, another output) is copied.
  void add_outputs() {
    const int inputs = static_cast<int>(description_.inputs.size());
    for (std::size_t i = 0; i < description_.outputs.size(); ++i) {
      const DType dtype = description_.outputs[i];
      int value = operand_value(description_.output_registers[i], dtype);
      if (values_[value].location >= 0) {
        const int copy = new_value(dtype);
        // Named a cast to its own dtype: fusing leaves that alone.
        instructions_.push_back({move_handler(dtype), Opcode::cast, dtype, copy, {value}});
        value = copy;
      }
      values_[value].location = inputs + static_cast<int>(i);
      compiled_.outputs.push_back({dtype, values_[value].location, 0, {}});
      output_values_.push_back(value);
    }
  }

  void find_hazards() {
    for (std::size_t i = 0; i < output_values_.size(); ++i) {
      compiled_.outputs[i].inputs_read_later = inputs_read_after(output_values_[i]);
    }
  }

  // Also by the instruction itself if the sizes differ: then elements move.
  std::vector<int> inputs_read_after(int value) const {
    std::vector<int> found;
    bool is_after = false;
    for (const ValueInstruction& each : instructions_) {
      const bool is_producer = each.dst == value;
      for (const int operand : each.operands) {
        const bool is_input = operand >= 0 && operand < std::ssize(description_.inputs);
        if (!is_input) continue;
        const bool moves =
            is_producer && size_of(values_[operand].dtype) != size_of(values_[value].dtype);
        if (is_after || moves) found.push_back(operand);
      }
      is_after = is_after || is_producer;
    }
    return found;
  }

  int take_temporary(DType dtype) {
    std::vector<int>& free = free_temporaries_[size_of(dtype)];
    if (!free.empty()) {
      const int location = free.back();
      free.pop_back();
      return location;
    }
    const int location = compiled_.location_count++;
    compiled_.temporaries.push_back({location, 0});
    temporary_sizes_.push_back(size_of(dtype));
    is_temporary_.resize(static_cast<std::size_t>(location) + 1, false);
    is_temporary_[static_cast<std::size_t>(location)] = true;
    return location;
  }

  void release(int value) {
    const int location = values_[value].location;
    const bool is_temporary = location < std::ssize(is_temporary_) && is_temporary_[location];
    if (is_temporary) free_temporaries_[size_of(values_[value].dtype)].push_back(location);
  }

  void place_values() {
    for (int i = 0; i < std::ssize(instructions_); ++i) {
      for (const int operand : instructions_[i].operands) {
        if (operand >= 0) values_[operand].last_use = i;
      }
    }
    for (int i = 0; i < std::ssize(instructions_); ++i) {
      const ValueInstruction& each = instructions_[i];
      // Released before the result is placed: an instruction may overwrite its operand.
      for (int k = 0; k < most_operands; ++k) {
        const int operand = each.operands[k];
        const bool is_repeated =
            std::find(each.operands, each.operands + k, operand) != each.operands + k;
        if (operand >= 0 && !is_repeated && values_[operand].last_use == i) release(operand);
      }
      Value& result = values_[each.dst];
      if (result.location < 0) result.location = take_temporary(result.dtype);
      if (result.last_use < 0) release(each.dst);
      const auto location = [&](int value) { return value < 0 ? 0 : values_[value].location; };
      compiled_.instructions.push_back({each.handler, result.location, location(each.operands[0]),
                                        location(each.operands[1]), location(each.operands[2]),
                                        location(each.operands[3])});
    }
  }

  std::size_t take_scratch(std::size_t bytes) {
    const std::size_t offset = compiled_.scratch_bytes;
    compiled_.scratch_bytes += round_up(bytes, cache_line_bytes);
    return offset;
  }

  void place_buffers() {
    const auto tile = static_cast<std::size_t>(compiled_.tile);
    for (Input& input : compiled_.inputs) {
      if (input.access == Access::scalar || input.access == Access::row_scalar) {
        input.buffer_offset = take_scratch(cache_line_bytes);
      } else if (input.access == Access::expanded) {
        input.buffer_offset = take_scratch(tile * size_of(input.dtype));
      }
    }
    for (std::size_t i = 0; i < compiled_.temporaries.size(); ++i) {
      compiled_.temporaries[i].offset = take_scratch(tile * temporary_sizes_[i]);
    }
    for (Output& output : compiled_.outputs) {
      output.staging_offset = take_scratch(tile * size_of(output.dtype));
    }
  }

  const Description& description_;
  Isa isa_;
  Compiled compiled_;
  std::vector<Value> values_;
  std::vector<int> registers_;  // the value that each register holds
  std::vector<ValueInstruction> instructions_;
  std::vector<int> output_values_;
  std::map<std::pair<int, DType>, int> constants_;
  std::map<std::size_t, std::vector<int>> free_temporaries_;  // by element size
  std::vector<std::size_t> temporary_sizes_;
  std::vector<bool> is_temporary_;  // by location
};

}  // namespace

Compiled compile(const Description& description, Isa isa) {
  return Compiler(description, isa).run();
}

}  // namespace trimtab::vm
