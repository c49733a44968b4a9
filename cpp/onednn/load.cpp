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

const Plugin* load() {
  const char* allowed = std::getenv("TRIMTAB_ONEDNN");
  if (allowed != nullptr && std::string_view(allowed) == "0") return nullptr;
  const std::string folder = own_folder();
  if (folder.empty()) return nullptr;
  // Never closed: its threads' state and its caches live as long as the process.
  void* library = dlopen((folder + "_onednn.so").c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return nullptr;
  const auto entry = reinterpret_cast<PluginEntry>(dlsym(library, entry_name));
  if (entry == nullptr) return nullptr;
  static const Host host{begin_tasks, finish_tasks};
  const Plugin* found = entry(host);
  return found->version == interface_version ? found : nullptr;
}

}  // namespace

const Plugin* plugin() {
  static const Plugin* const loaded = load();
  return loaded;
}

}  // namespace trimtab::onednn
