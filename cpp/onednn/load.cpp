#include "onednn/load.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace trimtab::onednn {
namespace {

// The folder of the library, or program, that holds this function; with a slash at its end.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0) return {};
  const std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1);
}

struct Loaded {
  const Plugin* plugin;
  std::string reason;  // why there is none
};

Loaded load() {
  const char* allowed = std::getenv("TRIMTAB_ONEDNN");
  if (allowed != nullptr && std::string_view(allowed) == "0") {
    return {nullptr, "TRIMTAB_ONEDNN=0 forbids oneDNN"};
  }
  const std::string folder = own_folder();
  if (folder.empty()) return {nullptr, "the engine's folder is unknown"};
  // Never closed: its threads' state and its caches live as long as the process.
  void* library = dlopen((folder + "_onednn.so").c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return {nullptr, std::string("oneDNN was not loaded: ") + dlerror()};
  const auto entry = reinterpret_cast<PluginEntry>(dlsym(library, entry_name));
  if (entry == nullptr) return {nullptr, "_onednn.so has no entry"};
  static const Host host{begin_tasks, finish_tasks};
  const Plugin* found = entry(host);
  if (found->version != interface_version) return {nullptr, "_onednn.so is of another build"};
  return {found, {}};
}

const Loaded& loaded() {
  static const Loaded found = load();
  return found;
}

// What TRIMTAB_BFLOAT16 asks for: "0", "1" or nothing.
std::string_view half_wish() {
  static const char* const wish = std::getenv("TRIMTAB_BFLOAT16");
  return wish == nullptr ? std::string_view() : wish;
}

}  // namespace

const Plugin* plugin() { return loaded().plugin; }

bool computes_bfloat16() {
  if (half_wish() == "0" || plugin() == nullptr) return false;
  return half_wish() == "1" || plugin()->half_instructions != HalfInstructions::none;
}

std::string bfloat16_status() {
  if (half_wish() == "0") return "computed in float32, as TRIMTAB_BFLOAT16=0 asks";
  if (plugin() == nullptr) return "computed in float32, without oneDNN";
  switch (plugin()->half_instructions) {
    case HalfInstructions::amx:
      return "AMX instructions, by oneDNN";
    case HalfInstructions::avx512:
      return "AVX-512 BF16 instructions, by oneDNN";
    case HalfInstructions::none:
      break;
  }
  if (half_wish() == "1") return "emulated by oneDNN, as TRIMTAB_BFLOAT16=1 asks";
  return "computed in float32: this processor has no instructions for it";
}

std::string status() {
  const Loaded& found = loaded();
  return found.plugin != nullptr ? found.plugin->name : "own kernels, as " + found.reason;
}

}  // namespace trimtab::onednn
