// The engine's side of the plugin: found beside the engine, loaded when first asked for.
#pragma once

#include <string>

#include "onednn/interface.h"

namespace trimtab::onednn {

// The plugin; nullptr where it was not built, cannot be loaded, or TRIMTAB_ONEDNN=0 forbids it.
// The first call maps its 54 MB, so only a step that can gain asks.
const Plugin* plugin();

// Who computes convolutions, for people: oneDNN's name and version, or why it isn't there. Loads
// it.
std::string status();

}  // namespace trimtab::onednn
