# Sets winograd to the sources of kernels/winograd, and winograd_definitions to those of everything that uses them.
# The kernels of each size of blocks and tiles are a file of their own, so that they are compiled side by side.

get_filename_component(winograd_root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
file(GLOB winograd CONFIGURE_DEPENDS ${winograd_root}/kernels/winograd/*.cpp)
foreach(block 8 16)
  foreach(tile 1 2)
    set(file ${PROJECT_BINARY_DIR}/winograd/kernels_${block}_${tile}.cpp)
    configure_file(${winograd_root}/kernels/winograd/kernels_of.cpp.in ${file} @ONLY)
    list(APPEND winograd ${file})
  endforeach()
endforeach()

# Instruction sets that make a difference here: not SSSE3, nor what is AVX-512 with more integer instructions (the bits
# 4 and 6 have no name in Highway 1.0). Vectors of SVE have no size at compile time, which the kernels need. Under the
# sanitizers, which take minutes for each, AVX2 alone beside the baseline.
set(disabled "HWY_SSSE3|HWY_AVX3_DL|(1LL<<4)|(1LL<<6)|HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128|HWY_RVV")
if(CNNBENCH_SANITIZE)
  set(disabled "${disabled}|HWY_AVX3|HWY_SSE4")
endif()
set(winograd_definitions "HWY_DISABLED_TARGETS=(${disabled})")
