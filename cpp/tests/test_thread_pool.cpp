#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/thread_pool.h"
#include "tests/check.h"

namespace trimtab::tests {

namespace {

// Whether a region runs each of its tasks once, on workers below `threads`.
bool runs_each_task_once(std::int64_t tasks, int threads) {
  std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
  std::atomic<int> highest_worker{0};
  parallel_for(tasks, threads, [&](std::int64_t task, int worker) {
    ++runs[static_cast<std::size_t>(task)];
    if (worker > highest_worker) highest_worker = worker;
  });
  for (const auto& count : runs) {
    if (count != 1) return false;
  }
  return highest_worker < threads;
}

CASE(every_task_runs_once) {
  for (int threads : {1, 2, 5, 3}) {
    set_num_threads(threads);
    for (int repetition = 0; repetition < 500; ++repetition) {
      CHECK(runs_each_task_once(repetition % 9, threads));
      CHECK(runs_each_task_once(7, 2));
    }
  }
  set_num_threads(0);
}

CASE(workers_that_fell_asleep_come_back) {
  set_num_threads(3);
  for (int repetition = 0; repetition < 50; ++repetition) {
    usleep(200);
    CHECK(runs_each_task_once(20, 3));
  }
  set_num_threads(0);
}

CASE(a_region_within_a_task_runs_in_place) {
  set_num_threads(3);
  std::atomic<int> runs{0};
  std::atomic<int> other_workers{0};
  parallel_for(4, [&](std::int64_t) {
    parallel_for(5, [&](std::int64_t, int worker) {
      ++runs;
      if (worker != 0) ++other_workers;
    });
  });
  CHECK(runs == 20);
  CHECK(other_workers == 0);
  set_num_threads(0);
}

CASE(threads_may_start_regions_at_the_same_time) {
  set_num_threads(2);
  std::atomic<int> failures{0};
  const auto work = [&] {
    for (int repetition = 0; repetition < 500; ++repetition) {
      if (!runs_each_task_once(6, 2)) ++failures;
    }
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(failures == 0);
  set_num_threads(0);
}

CASE(the_default_is_at_least_one_thread) {
  set_num_threads(7);
  CHECK(num_threads() == 7);
  set_num_threads(0);
  CHECK(num_threads() >= 1);
}

// ThreadSanitizer forbids threads in a forked child.
#if !defined(__SANITIZE_THREAD__)
CASE(a_forked_child_has_a_pool_of_its_own) {
  set_num_threads(3);
  CHECK(runs_each_task_once(8, 3));
  const pid_t child = fork();
  if (child == 0) _exit(runs_each_task_once(8, 3) ? 0 : 1);
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  set_num_threads(0);
}
#endif

}  // namespace

}  // namespace trimtab::tests

int main(int argc, char** argv) { return trimtab::tests::run_cases(argc > 1 ? argv[1] : ""); }
