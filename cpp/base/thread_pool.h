// One pool of threads for the whole process; it serves one parallel region at a time.
#pragma once

#include <cstdint>
#include <type_traits>

namespace trimtab {

// Threads that a region may use, the caller's included. The default is the number of physical
// cores in the process's affinity mask. `count` < 1 restores the default.
void set_num_threads(int count);
int num_threads();

// A task's function: (context, task index, worker index). The caller is worker 0.
using TaskFunction = void (*)(void* context, std::int64_t task, int worker);

// Runs `function` for every task in [0, tasks), on at most `max_threads` threads, and returns when
// all are done. Which worker runs which task is not fixed: results must not depend on it. If the
// pool is busy (another thread's region, or this call comes from within a task), the caller runs
// all tasks itself, as worker 0.
void run_tasks(std::int64_t tasks, int max_threads, TaskFunction function, void* context) noexcept;

// run_tasks in two halves, for a caller that computes between them. Every task that the caller does
// not get to in `finish_tasks` runs on a worker of its own at once, so tasks may wait for each
// other and for the caller. False, and nothing begun, if the pool is busy.
bool begin_tasks(std::int64_t tasks, TaskFunction function, void* context) noexcept;
void finish_tasks() noexcept;

// run_tasks for a callable `fn(task, worker)`, or `fn(task)`, that does not throw. Inlined always:
// a copy emitted by a source compiled for AVX-512 must not serve other machines.
template <class F>
[[gnu::always_inline]] inline void parallel_for(std::int64_t tasks, int max_threads,
                                                const F& fn) noexcept {
  const auto call = [](const F& callable, std::int64_t task, int worker) {
    if constexpr (std::is_invocable_v<const F&, std::int64_t, int>) {
      callable(task, worker);
    } else {
      callable(task);
    }
  };
  if (tasks <= 1 || max_threads <= 1) {
    for (std::int64_t task = 0; task < tasks; ++task) call(fn, task, 0);
    return;
  }
  const TaskFunction call_erased = [](void* context, std::int64_t task, int worker) {
    decltype(call){}(*static_cast<const F*>(context), task, worker);
  };
  run_tasks(tasks, max_threads, call_erased, const_cast<F*>(&fn));
}

// With every thread of the pool.
template <class F>
[[gnu::always_inline]] inline void parallel_for(std::int64_t tasks, const F& fn) noexcept {
  parallel_for(tasks, num_threads(), fn);
}

}  // namespace trimtab
