#include "base/cores.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace trimtab {

namespace {

#if defined(__linux__)

int physical_cores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 0;
  std::set<std::string> cores;  // a core is known by the list of its hardware threads
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::string core = std::to_string(cpu);
    std::ifstream siblings("/sys/devices/system/cpu/cpu" + core + "/topology/thread_siblings_list");
    std::getline(siblings, core);
    cores.insert(core.empty() ? std::to_string(cpu) : core);
  }
  return static_cast<int>(cores.size());
}

// Processors' worth of time that the control group allows, rounded up; 0 if unlimited.
int quota() {
  std::ifstream limit("/sys/fs/cgroup/cpu.max");
  double microseconds = 0;
  double period = 0;
  if (!(limit >> microseconds >> period) || period <= 0) return 0;  // "max" is not a number
  return std::max(1, static_cast<int>(std::ceil(microseconds / period)));
}

#elif defined(__APPLE__)

int physical_cores() {
  for (const char* name : {"hw.perflevel0.physicalcpu", "hw.physicalcpu"}) {
    int count = 0;
    size_t size = sizeof(count);
    if (sysctlbyname(name, &count, &size, nullptr, 0) == 0 && count > 0) return count;
  }
  return 0;
}

int quota() { return 0; }

#else

int physical_cores() { return 0; }

int quota() { return 0; }

#endif

}  // namespace

int available_cores() {
  int cores = physical_cores();
  if (cores == 0) cores = static_cast<int>(std::thread::hardware_concurrency());
  const int limit = quota();
  if (limit > 0) cores = std::min(cores, limit);
  return std::max(cores, 1);
}

}  // namespace trimtab
