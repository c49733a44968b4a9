// The engine's side of the plugin: found beside the engine, loaded when first asked for.
#pragma once

#include <string>

#include "onednn/interface.h"

namespace trimtab::onednn {

// The plugin; nullptr where it was not built, cannot be loaded, or TRIMTAB_ONEDNN=0 forbids it.
// The first call maps its 54 MB, so only a step that can gain asks.
const Plugin* plugin();

// Whether convolutions of bfloat16 are oneDNN's: where the processor has instructions for them, or
// everywhere if TRIMTAB_BFLOAT16=1 (without them oneDNN emulates, which is slow); nowhere if it is
// 0.
bool computes_bfloat16();

// How, for people. Loads the plugin.
std::string bfloat16_status();

// Who computes convolutions, for people: oneDNN's name and version, or why it isn't there. Loads
// it.
std::string status();

}  // namespace trimtab::onednn
