# The plugin _onednn.so and the libdnnl.so.3 that it needs, where oneDNN's headers and library are:
# under TRIMTAB_ONEDNN_ROOT, or in the wheels onednn-devel-cpu-gomp and onednn-cpu-gomp of the
# Python that builds. Without them the engine's own kernels do all the work.
set(TRIMTAB_ONEDNN_ROOT "" CACHE PATH "Prefix with oneDNN's include and lib folders")

# Wheels put data files under a prefix that is not always sys.prefix: the packages' own lists know.
set(find_wheels [[
from importlib.metadata import PackageNotFoundError, files
try:
    found = [f for p in ("devel-cpu-gomp", "cpu-gomp") for f in files("onednn-" + p)]
except PackageNotFoundError:
    found = []
wanted = [f.locate().resolve() for f in found if f.name in ("dnnl.hpp", "libdnnl.so.3")]
print(";".join(sorted({str(f.parent.parent) for f in wanted if f.parent.name in ("include", "lib")})))
]])

set(onednn_roots ${TRIMTAB_ONEDNN_ROOT})
if(NOT onednn_roots AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  find_package(Python 3.11 QUIET COMPONENTS Interpreter)
  if(Python_EXECUTABLE)
    execute_process(COMMAND ${Python_EXECUTABLE} -c "${find_wheels}" OUTPUT_VARIABLE onednn_roots
                                                                     OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
find_file(onednn_header oneapi/dnnl/dnnl.hpp NO_CACHE NO_DEFAULT_PATH PATHS ${onednn_roots}
          PATH_SUFFIXES include)
find_file(onednn_library libdnnl.so.3 NO_CACHE NO_DEFAULT_PATH PATHS ${onednn_roots}
          PATH_SUFFIXES lib lib64)

if(onednn_header AND onednn_library)
  message(STATUS "oneDNN: ${onednn_library}")
  set(TRIMTAB_HAS_ONEDNN ON)
  cmake_path(GET onednn_library PARENT_PATH onednn_lib)
  cmake_path(GET onednn_lib PARENT_PATH onednn_root)
  string(REGEX REPLACE "/oneapi/dnnl/dnnl.hpp$" "" onednn_include ${onednn_header})
  add_library(_onednn MODULE cpp/onednn/convolution.cpp cpp/onednn/plugin.cpp
                             cpp/onednn/threads.cpp)
  set_target_properties(_onednn PROPERTIES PREFIX "" BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN"
                                           BUILD_WITH_INSTALL_RPATH ON)
  target_include_directories(_onednn SYSTEM PRIVATE ${onednn_include})
  target_link_libraries(_onednn PRIVATE trimtab_options ${onednn_library})
  # Beside the plugin in the build folder too, where the C++ tests look for it.
  add_custom_command(
    TARGET _onednn
    POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${onednn_library} $<TARGET_FILE_DIR:_onednn>)
  install(TARGETS _onednn LIBRARY DESTINATION trimtab/engines/cpu)
  install(PROGRAMS ${onednn_library} DESTINATION trimtab/engines/cpu)
  foreach(text LICENSE THIRD-PARTY-PROGRAMS)
    install(FILES ${onednn_root}/share/doc/onednn/${text} DESTINATION trimtab/engines/cpu
            RENAME onednn-${text})
  endforeach()
else()
  set(TRIMTAB_HAS_ONEDNN OFF)
  message(STATUS "oneDNN: not found, so convolutions use trimtab's own kernels")
endif()
