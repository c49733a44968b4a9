// The extension module trimtab.engines.cpu._engine: plans in, runs out; no operation has a function
// of its own.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/isa.h"
#include "base/thread_pool.h"
#include "kernels/kernel.h"
#include "onednn/load.h"
#include "plan/arrays.h"
#include "plan/loop.h"
#include "plan/program.h"
#include "vm/opcode.h"

namespace nb = nanobind;
using nb::literals::operator""_a;

namespace trimtab {
namespace {

using StepTuple = std::tuple<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>,
                             std::vector<std::int64_t>, std::vector<double>>;
using SourceTuple =
    std::tuple<std::uintptr_t, int, std::int64_t, std::int64_t, std::int64_t, std::int64_t, int>;
using SinkTuple = std::tuple<std::uintptr_t, std::int64_t, std::int64_t, std::int64_t>;

template <class T = std::byte>
T* pointer(std::uintptr_t address) {
  return reinterpret_cast<T*>(address);
}

using HostCallable = nb::typed<nb::callable, void()>;

plan::HostFunction host_function(const HostCallable& function) {
  return [function] {
    const nb::gil_scoped_acquire gil;
    function();
  };
}

void make_program(plan::Program* self, const std::vector<StepTuple>& steps, std::size_t arena_bytes,
                  std::size_t slot_count, const std::vector<HostCallable>& host_functions) {
  std::vector<plan::StepDescription> descriptions;
  for (const auto& [kernel, operands, ints, floats] : steps) {
    plan::StepDescription step{kernel, {}, ints, floats};
    for (const auto& [slot, offset] : operands) step.operands.push_back({slot, offset});
    descriptions.push_back(std::move(step));
  }
  std::vector<plan::HostFunction> functions;
  for (const HostCallable& function : host_functions) functions.push_back(host_function(function));
  new (self) plan::Program(descriptions, arena_bytes, slot_count, std::move(functions));
}

void bind_all(plan::Program& program, const std::vector<std::uintptr_t>& addresses) {
  std::vector<std::byte*> pointers;
  for (const std::uintptr_t address : addresses) pointers.push_back(pointer(address));
  program.bind_all(pointers);
}

void make_loop(plan::Loop* self, plan::Program& program, const std::vector<SourceTuple>& sources,
               const std::vector<SinkTuple>& sinks, std::int64_t batch_size) {
  std::vector<plan::Source> from;
  for (const auto& [address, src, elements, stride, slot, offset, dst] : sources) {
    from.push_back({pointer<const std::byte>(address), src, elements, stride, {slot, offset}, dst});
  }
  std::vector<plan::Sink> to;
  for (const auto& [address, row_bytes, slot, offset] : sinks) {
    to.push_back({pointer(address), row_bytes, {slot, offset}});
  }
  new (self) plan::Loop(program, std::move(from), std::move(to), batch_size);
}

std::int64_t run_loop(plan::Loop& loop, std::uintptr_t order_address, std::int64_t first_row,
                      std::int64_t batches, double seconds) {
  const nb::gil_scoped_release released;
  return loop.run(pointer<const std::int64_t>(order_address), first_row, batches, seconds, [] {
    const nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  });
}

std::vector<std::pair<std::string, int>> opcodes() {
  std::vector<std::pair<std::string, int>> list;
  for (const vm::OpcodeInfo& info : vm::opcode_infos) list.emplace_back(info.name, info.arity);
  return list;
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names = kernels::names();
  names.emplace_back("host");
  return names;
}

void define_classes(nb::module_& module) {
  nb::class_<plan::Program>(module, "Program", "Prepared steps over one arena and bound memory.")
      .def("__init__", make_program, "steps"_a, "arena_bytes"_a, "slot_count"_a, "host_functions"_a)
      .def(
          "bind",
          [](plan::Program& program, std::size_t slot, std::uintptr_t address) {
            program.bind(slot, pointer(address));
          },
          "slot"_a, "address"_a, "Sets the address of a slot from 1 on.")
      .def("bind_all", bind_all, "addresses"_a, "Sets the addresses of the slots 1, 2, ...")
      .def_prop_ro("arena_address",
                   [](const plan::Program& program) {
                     return reinterpret_cast<std::uintptr_t>(program.arena());
                   })
      .def("refresh", &plan::Program::refresh,
           "Says that operands which steps call constant may have new content.")
      .def("run", &plan::Program::run, nb::call_guard<nb::gil_scoped_release>(),
           "Runs every step once.")
      .def("run_timed", &plan::Program::run_timed, nb::call_guard<nb::gil_scoped_release>(),
           "Runs every step once; returns the seconds that each took, calls of Python left out.");
  nb::class_<plan::Loop>(module, "Loop", "A program that runs batch after batch.")
      .def("__init__", make_loop, "program"_a, "sources"_a, "sinks"_a, "batch_size"_a,
           nb::keep_alive<1, 2>())
      .def("run", run_loop, "order_address"_a, "first_row"_a, "batches"_a, "seconds"_a,
           "Runs up to `batches` batches; returns how many were done.");
}

}  // namespace
}  // namespace trimtab

NB_MODULE(_engine, module) {
  using namespace trimtab;  // NOLINT: this function only names the module's parts
  nb::set_leak_warnings(false);
  module.doc() = "The CPU engine: plans of kernels over one arena.";
  define_classes(module);
  module.def("set_num_threads", set_num_threads, "count"_a,
             "Sets the number of threads; less than 1 restores the default.");
  module.def("num_threads", num_threads);
  module.def(
      "instruction_set", [] { return std::string(isa_name(current_isa())); },
      "The instruction set in use: avx512, avx2 or portable.");
  module.def(
      "convolutions", [] { return onednn::status(); },
      "Who computes convolutions: oneDNN and its version, or why not. Loads it.");
  module.def(
      "bfloat16", [] { return onednn::bfloat16_status(); },
      "How convolutions of bfloat16 are computed. Loads oneDNN.");
  module.def("opcodes", opcodes, "Name and number of operands of each elementwise operation.");
  module.def("kernels", kernel_names, "The kernels' names.");
  module.def(
      "permutation",
      [](std::uint64_t seed, std::int64_t n, std::uintptr_t address) {
        plan::permutation(seed, {pointer<std::int64_t>(address), static_cast<std::size_t>(n)});
      },
      "seed"_a, "n"_a, "address"_a, nb::call_guard<nb::gil_scoped_release>(),
      "Writes a random order of 0 ... n - 1 as int64.");
  module.def(
      "first_nonfinite",
      [](std::uintptr_t address, int dtype, std::int64_t count) {
        return plan::first_nonfinite(pointer<const std::byte>(address), dtype, count);
      },
      "address"_a, "dtype"_a, "count"_a, nb::call_guard<nb::gil_scoped_release>(),
      "The position of the first infinity or NaN, or -1.");
}
