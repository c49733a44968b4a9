#include "base/thread_pool.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "base/cores.h"

namespace trimtab {

namespace {

// Regions of a train step follow one another within tens of microseconds, while waking a sleeping
// thread costs about as much; beyond that the processor belongs to others.
constexpr std::chrono::microseconds spin_time{30};

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Whether `ready` became true within spin_time.
template <class Ready>
bool spin_until(Ready ready) {
  const auto end = std::chrono::steady_clock::now() + spin_time;
  do {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      pause_briefly();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

// How a worker learns of a region; of the size that the kernel can wait on.
enum Signal : std::uint32_t { none, called, asleep };  // NOLINT(performance-enum-size)

struct alignas(64) Worker {
  std::atomic<std::uint32_t> signal{none};
  std::thread thread;
};

class Pool {
 public:
  // False if another region holds the pool.
  bool try_run(std::int64_t tasks, int max_threads, TaskFunction function, void* context);
  // The same in two halves, with a worker for each task.
  bool try_begin(std::int64_t tasks, TaskFunction function, void* context);
  void finish();

 private:
  void begin(std::int64_t tasks, std::int64_t helpers, TaskFunction function, void* context);
  void restart(int threads);
  void start_worker(int index);
  void serve(Worker& worker, int index);
  void work(int index);
  bool join();
  void leave();
  void close();

  std::vector<std::unique_ptr<Worker>> workers_;
  int threads_ = 1;  // the most asked for so far; fewer run if the system refused some
  std::atomic<bool> stopping_{false};
  std::atomic<bool> held_{false};  // by the thread whose region runs

  // The region, written by the holder while no worker is in it.
  TaskFunction function_ = nullptr;
  void* context_ = nullptr;
  std::int64_t tasks_ = 0;
  int max_threads_ = 1;
  alignas(64) std::atomic<std::int64_t> next_{0};
  // 2 * (workers inside) + (1 while more may enter). A worker that wakes late finds the region
  // closed, so the holder never waits for a thread that has not begun.
  alignas(64) std::atomic<std::uint32_t> region_{0};
};

std::atomic<int> requested_threads{0};  // 0: the default
std::atomic<Pool*> current_pool{nullptr};

// Never destroyed: other threads may still compute while the process exits. A forked child has
// none of the workers, so it forgets its parent's pool and makes its own.
Pool& pool() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { current_pool = nullptr; });
  static_cast<void>(registered);
  Pool* existing = current_pool.load(std::memory_order_acquire);
  if (existing != nullptr) return *existing;
  auto fresh = std::make_unique<Pool>();
  if (current_pool.compare_exchange_strong(existing, fresh.get())) return *fresh.release();
  return *existing;
}

bool Pool::try_run(std::int64_t tasks, int max_threads, TaskFunction function, void* context) {
  if (held_.exchange(true, std::memory_order_acquire)) return false;
  const int threads = num_threads();
  if (threads > threads_) restart(threads);
  begin(tasks, std::min<std::int64_t>(tasks, std::min(max_threads, threads)) - 1, function,
        context);
  finish();
  return true;
}

bool Pool::try_begin(std::int64_t tasks, TaskFunction function, void* context) {
  if (held_.exchange(true, std::memory_order_acquire)) return false;
  if (tasks >= threads_) restart(static_cast<int>(tasks) + 1);
  begin(tasks, tasks, function, context);
  return true;
}

void Pool::finish() {
  work(0);
  close();
  held_.store(false, std::memory_order_release);
}

void Pool::begin(std::int64_t tasks, std::int64_t helpers, TaskFunction function, void* context) {
  function_ = function;
  context_ = context;
  tasks_ = tasks;
  max_threads_ = static_cast<int>(helpers) + 1;
  next_.store(0, std::memory_order_relaxed);
  region_.store(1, std::memory_order_release);
  const std::int64_t callable = std::min(static_cast<std::int64_t>(workers_.size()), helpers);
  for (std::int64_t i = 0; i < callable; ++i) {
    std::atomic<std::uint32_t>& signal = workers_[static_cast<std::size_t>(i)]->signal;
    if (signal.exchange(called, std::memory_order_acq_rel) == asleep) signal.notify_one();
  }
}

void Pool::restart(int threads) {
  stopping_ = true;
  for (auto& worker : workers_) {
    worker->signal = called;
    worker->signal.notify_one();
    worker->thread.join();
  }
  workers_.clear();
  stopping_ = false;
  threads_ = threads;
  // Signals are for the threads that the program made.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    while (static_cast<int>(workers_.size()) + 1 < threads) {
      start_worker(static_cast<int>(workers_.size()) + 1);
    }
  } catch (const std::system_error&) {
    workers_.pop_back();  // the system's limit is reached: go on with those that started
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Pool::start_worker(int index) {
  Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
  worker.thread = std::thread([this, &worker, index] { serve(worker, index); });
}

void Pool::serve(Worker& worker, int index) {
  for (;;) {
    const auto is_called = [&] { return worker.signal.load(std::memory_order_acquire) == called; };
    if (!spin_until(is_called)) {
      std::uint32_t expected = none;
      if (worker.signal.compare_exchange_strong(expected, asleep)) worker.signal.wait(asleep);
    }
    // An exchange, as a call made since must either be seen here or stay in place.
    worker.signal.exchange(none, std::memory_order_acq_rel);
    if (stopping_) return;
    if (!join()) continue;
    if (index < max_threads_) work(index);
    leave();
  }
}

void Pool::work(int index) {
  for (;;) {
    const std::int64_t task = next_.fetch_add(1, std::memory_order_relaxed);
    if (task >= tasks_) return;
    function_(context_, task, index);
  }
}

bool Pool::join() {
  std::uint32_t state = region_.load(std::memory_order_relaxed);
  while ((state & 1U) != 0) {
    if (region_.compare_exchange_weak(state, state + 2, std::memory_order_acquire)) return true;
  }
  return false;
}

void Pool::leave() {
  if (region_.fetch_sub(2, std::memory_order_release) == 2) region_.notify_one();
}

void Pool::close() {
  region_.fetch_sub(1, std::memory_order_acquire);
  const auto is_empty = [&] { return region_.load(std::memory_order_acquire) == 0; };
  if (spin_until(is_empty)) return;
  for (;;) {
    const std::uint32_t state = region_.load(std::memory_order_acquire);
    if (state == 0) return;
    region_.wait(state, std::memory_order_acquire);
  }
}

}  // namespace

void set_num_threads(int count) { requested_threads = std::max(count, 0); }

int num_threads() {
  static const int default_threads = available_cores();
  const int requested = requested_threads.load(std::memory_order_relaxed);
  return requested > 0 ? requested : default_threads;
}

bool begin_tasks(std::int64_t tasks, TaskFunction function, void* context) noexcept {
  return pool().try_begin(tasks, function, context);
}

void finish_tasks() noexcept { pool().finish(); }

void run_tasks(std::int64_t tasks, int max_threads, TaskFunction function, void* context) noexcept {
  const bool is_parallel = tasks > 1 && max_threads > 1 && num_threads() > 1;
  if (is_parallel && pool().try_run(tasks, max_threads, function, context)) return;
  for (std::int64_t task = 0; task < tasks; ++task) function(context, task, 0);
}

}  // namespace trimtab
