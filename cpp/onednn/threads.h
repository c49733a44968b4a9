// The threads that oneDNN computes with: the engine's own.
#pragma once

#include "onednn/interface.h"

namespace trimtab::onednn {

void set_host(const Host& host);

// While it lives, oneDNN's calls from this thread use a team of this size.
class TeamSize {
 public:
  explicit TeamSize(int threads);
  ~TeamSize();
  TeamSize(const TeamSize&) = delete;
  TeamSize& operator=(const TeamSize&) = delete;

 private:
  int before_;
};

}  // namespace trimtab::onednn
