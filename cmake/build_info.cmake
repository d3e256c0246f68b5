# What a build says about itself: compiler, flags, build type, version, git commit and whether the tree was clean.
#
# Included, this file defines cnnbench_build_info(target), which gives the target "harness/machine/build_info.h".
# Run by every build (cmake -P), it asks git anew and writes that header, touched only where it changes, so that a
# commit rebuilds the one file that includes it.

function(cnnbench_build_info target)
  find_package(Git QUIET)
  set(folder ${PROJECT_BINARY_DIR}/generated)
  set(header ${folder}/harness/machine/build_info.h)
  set(settings ${folder}/build_settings.cmake)
  set(flags "")
  foreach(type IN LISTS CMAKE_CONFIGURATION_TYPES CMAKE_BUILD_TYPE)
    string(TOUPPER "${type}" upper)
    string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${upper}} ${CMAKE_CXX20_STANDARD_COMPILE_OPTION}" of_type)
    string(APPEND flags "set(flags_${type} [==[${of_type}]==])\n")
  endforeach()
  file(CONFIGURE OUTPUT ${settings} @ONLY CONTENT "set(compiler [==[@CMAKE_CXX_COMPILER_ID@ @CMAKE_CXX_COMPILER_VERSION@]==])
set(version [==[@PROJECT_VERSION@]==])
@flags@")
  add_custom_target(${target}_build_info
    COMMAND ${CMAKE_COMMAND} -D "SOURCE=${PROJECT_SOURCE_DIR}" -D "HEADER=${header}" -D "SETTINGS=${settings}"
            -D "TYPE=$<CONFIG>" -D "OPTIONS=$<JOIN:$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>, >"
            -D "GIT=${GIT_EXECUTABLE}" -P ${PROJECT_SOURCE_DIR}/cmake/build_info.cmake
    BYPRODUCTS ${header}
    COMMENT "Asking git for the state of the source tree"
    VERBATIM)
  add_dependencies(${target} ${target}_build_info)
  target_include_directories(${target} PRIVATE ${folder})
endfunction()

# ask_git(result output arguments…): false where git fails. It takes no lock (another git command may be running) and
# works in a checkout of another user, as in a container.
function(ask_git result output)
  execute_process(COMMAND ${GIT} -c "safe.directory=${SOURCE}" --no-optional-locks -C ${SOURCE} ${ARGN}
    RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(${output} "${text}" PARENT_SCOPE)
  if(status EQUAL 0)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

# An empty commit where the sources are no git checkout, nor one that merely lies inside some other repository.
function(read_git_state commit clean)
  set(${commit} "" PARENT_SCOPE)
  set(${clean} false PARENT_SCOPE)
  if(NOT GIT)
    return()
  endif()
  ask_git(found top rev-parse --show-toplevel)
  file(REAL_PATH "${SOURCE}" source)
  if(NOT found OR NOT top STREQUAL source)
    return()
  endif()
  ask_git(found head rev-parse --verify HEAD)
  if(found)
    set(${commit} "${head}" PARENT_SCOPE)
  endif()
  # Files that git does not know make it unclean too: they may well be built.
  ask_git(found changes status --porcelain --untracked-files=normal)
  if(found AND changes STREQUAL "")
    set(${clean} true PARENT_SCOPE)
  endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  include(${SETTINGS})
  read_git_state(commit clean)
  string(STRIP "${flags_${TYPE}} ${OPTIONS}" flags)
  file(CONFIGURE OUTPUT ${HEADER} @ONLY CONTENT [==[#pragma once

namespace cnnbench::build_info {

inline constexpr const char* compiler = R"info(@compiler@)info";
inline constexpr const char* flags = R"info(@flags@)info";
inline constexpr const char* type = R"info(@TYPE@)info";
inline constexpr const char* version = R"info(@version@)info";
inline constexpr const char* git_commit = "@commit@";
inline constexpr bool git_clean = @clean@;

}  // namespace cnnbench::build_info
]==])
endif()
