// The table of functions that the engine looks up in _onednn.so.
#include <oneapi/dnnl/dnnl_version.h>

#include <exception>

#include "onednn/convolution.h"
#include "onednn/threads.h"

namespace trimtab::onednn {
namespace {

Convolution* prepare(const ConvolutionShape& shape, int threads) noexcept {
  try {
    return make_convolution(shape, threads).release();
  } catch (const std::exception&) {
    return nullptr;  // oneDNN refuses the shape: the engine's own kernel takes it
  }
}

void release(Convolution* convolution) noexcept { const ConvolutionPointer released(convolution); }

#define TRIMTAB_TEXT(number) #number
#define TRIMTAB_VERSION(major, minor, patch) \
  "oneDNN " TRIMTAB_TEXT(major) "." TRIMTAB_TEXT(minor) "." TRIMTAB_TEXT(patch)

const Plugin functions{interface_version,
                       TRIMTAB_VERSION(DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR, DNNL_VERSION_PATCH),
                       half_instructions(),
                       prepare,
                       scratch_bytes,
                       kept_bytes,
                       bind,
                       pack,
                       run,
                       release};

}  // namespace
}  // namespace trimtab::onednn

extern "C" [[gnu::visibility("default")]] const trimtab::onednn::Plugin* trimtab_onednn_plugin(
    const trimtab::onednn::Host& host) noexcept {
  trimtab::onednn::set_host(host);
  return &trimtab::onednn::functions;
}
