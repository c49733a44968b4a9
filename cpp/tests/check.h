// A check framework in one header: CASE registers a test, CHECK records a failure and goes on.
#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace trimtab::tests {

struct Case {
  std::string name;
  std::function<void()> run;
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int& failed_checks() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(std::string name, std::function<void()> run) {
    cases().push_back({std::move(name), std::move(run)});
  }
};

// Only a case's first failures are printed, as a broken kernel fails in every element.
inline void report_failure(const std::string& what, const char* file, int line) {
  if (++failed_checks() <= 5) std::printf("  %s:%d: %s\n", file, line, what.c_str());
}

// Runs the cases whose names contain `filter`; the exit status of a test program.
inline int run_cases(const std::string& filter) {
  int passed = 0;
  int failed = 0;
  for (const Case& test : cases()) {
    if (test.name.find(filter) == std::string::npos) continue;
    failed_checks() = 0;
    try {
      test.run();
    } catch (const std::exception& error) {
      report_failure(std::string("threw ") + error.what(), test.name.c_str(), 0);
    }
    if (failed_checks() > 0) {
      std::printf("FAILED %s (%d checks)\n", test.name.c_str(), failed_checks());
    }
    ++(failed_checks() > 0 ? failed : passed);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace trimtab::tests

#define CASE(name)                                                                     \
  static void case_##name();                                                           \
  static const ::trimtab::tests::Registration registration_##name(#name, case_##name); \
  static void case_##name()

#define CHECK(condition) \
  ((condition) ? void() : ::trimtab::tests::report_failure(#condition, __FILE_NAME__, __LINE__))

#define CHECK_THAT(condition, description) \
  ((condition) ? void() : ::trimtab::tests::report_failure(description, __FILE_NAME__, __LINE__))
