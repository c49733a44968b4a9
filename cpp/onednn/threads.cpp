// The ten entry points of GNU OpenMP that libdnnl.so.3 calls, on the engine's thread pool.
//
// With libgomp's own threads a process would have two pools: after each parallel region libgomp's
// wait in a busy loop for milliseconds (GOMP_SPINCOUNT is read before any of our code runs) and
// take the cores from the plan's next step, and a forked child that calls oneDNN hangs, as its team
// is gone. The loader looks a symbol up in the library that was opened before those that it needs,
// so libdnnl.so.3 finds these definitions and not libgomp's; of libgomp no thread ever starts.
// Only where a program brings libgomp into the global scope itself (LD_PRELOAD) that one is used.
#include "onednn/threads.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

namespace trimtab::onednn {
namespace {

using RegionFunction = void (*)(void*);

// The one region that runs: a second caller waits until it is released.
struct Region {
  std::atomic<bool> is_taken{false};
  RegionFunction function = nullptr;
  void* data = nullptr;
  int threads = 1;
  std::atomic<int> arrived{0};
  std::atomic<std::uint32_t> passed{0};  // barriers that the team left behind
};

// The share of one thread in a loop that the team divides.
struct LoopShare {
  long begin = 0;
  long step = 0;
  long count = 0;  // iterations of the whole loop
  long chunk = 0;  // iterations
  long next = 0;   // the next chunk's first iteration
};

// A thread's place in a team.
struct Member {
  int number = 0;
  int threads = 1;
  LoopShare loop;
};

// A region inside a region has a team of one; oneDNN goes no deeper.
constexpr std::size_t max_depth = 4;

Host host;
Region region;
thread_local int team_size = 1;
thread_local std::array<Member, max_depth> members;
thread_local std::size_t depth = 0;

Member& member() { return members[depth]; }

void enter(int number, int threads) {
  ++depth;
  member() = {number, threads, {}};
}

void leave() { --depth; }

void run_member(void*, std::int64_t task, int) {
  enter(static_cast<int>(task) + 1, region.threads);
  region.function(region.data);
  leave();
}

void wait_for_team() {
  const std::uint32_t passed = region.passed.load(std::memory_order_acquire);
  if (region.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == region.threads) {
    region.arrived.store(0, std::memory_order_relaxed);
    region.passed.fetch_add(1, std::memory_order_release);
    region.passed.notify_all();
    return;
  }
  // Threads arrive within microseconds of each other, unless others want the cores too.
  for (int i = 0; i < 2000; ++i) {
    if (region.passed.load(std::memory_order_acquire) != passed) return;
    __builtin_ia32_pause();
  }
  region.passed.wait(passed, std::memory_order_acquire);
}

// The next part of the loop for this thread: iterations [*begin, *end) in the loop's variable.
bool take_chunk(long* begin, long* end) {
  LoopShare& loop = member().loop;
  if (loop.next >= loop.count) return false;
  const long last = std::min(loop.next + loop.chunk, loop.count);
  *begin = loop.begin + loop.next * loop.step;
  *end = loop.begin + last * loop.step;
  loop.next += loop.chunk * member().threads;
  return true;
}

}  // namespace

void set_host(const Host& of_engine) {
  host = of_engine;
  // A forked child has none of the threads that may have been in the region.
  pthread_atfork(nullptr, nullptr, [] {
    region.arrived = 0;
    region.is_taken = false;
  });
}

TeamSize::TeamSize(int threads) : before_(team_size) { team_size = threads; }
TeamSize::~TeamSize() { team_size = before_; }

}  // namespace trimtab::onednn

#define TRIMTAB_OPENMP extern "C" [[gnu::visibility("default")]]

using namespace trimtab::onednn;  // NOLINT: the entry points must have C's names

TRIMTAB_OPENMP int omp_get_max_threads() { return depth > 0 ? member().threads : team_size; }
TRIMTAB_OPENMP int omp_get_num_threads() { return member().threads; }
TRIMTAB_OPENMP int omp_get_thread_num() { return member().number; }
TRIMTAB_OPENMP int omp_in_parallel() { return member().threads > 1 ? 1 : 0; }

// The caller runs the function itself after this returns, as the team's first thread.
TRIMTAB_OPENMP void GOMP_parallel_start(void (*function)(void*), void* data, unsigned threads) {
  const int wanted = depth > 0 ? 1 : (threads > 0 ? static_cast<int>(threads) : team_size);
  if (wanted > 1) {
    // The whole team must run at once, as it may meet at barriers: wait for a busy pool.
    while (region.is_taken.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
    region.function = function;
    region.data = data;
    region.threads = wanted;
    while (!host.begin_tasks(wanted - 1, run_member, nullptr)) std::this_thread::yield();
  }
  enter(0, wanted);
}

TRIMTAB_OPENMP void GOMP_parallel_end() {
  const bool is_team = member().threads > 1;
  leave();
  if (!is_team) return;
  host.finish_tasks();
  region.is_taken.store(false, std::memory_order_release);
}

TRIMTAB_OPENMP void GOMP_barrier() {
  if (member().threads > 1) wait_for_team();
}

TRIMTAB_OPENMP bool GOMP_loop_static_next(long* begin, long* end) { return take_chunk(begin, end); }

TRIMTAB_OPENMP bool GOMP_loop_static_start(long start, long end, long step, long chunk, long* begin,
                                           long* stop) {
  const Member& self = member();
  const long count = std::max(0L, (end - start + step + (step > 0 ? -1 : 1)) / step);
  const long even = (count + self.threads - 1) / self.threads;
  const long size = std::max(1L, chunk > 0 ? chunk : even);
  member().loop = {start, step, count, size, size * self.number};
  return take_chunk(begin, stop);
}

TRIMTAB_OPENMP void GOMP_loop_end_nowait() {}
