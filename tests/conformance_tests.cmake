# Writes OUTPUT: a CTest test for each backend that the conformance tests of PROGRAM know, there or not. The prefix of
# their names up to "__" is the backend's.
execute_process(COMMAND ${PROGRAM} --gtest_list_tests OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "/[A-Za-z0-9]+(_[A-Za-z0-9]+)*__" names "${listed}")
string(REGEX REPLACE "/([A-Za-z0-9_]+)__" "\\1" names "${names}")
list(REMOVE_DUPLICATES names)
if(NOT names)
  message(FATAL_ERROR "${PROGRAM} lists no backend")
endif()
set(text "")
foreach(name IN LISTS names)
  string(APPEND text "add_test(\"kernels/conformance:${name}\" \"${PROGRAM}\" --gtest_brief=1 \"--gtest_filter=*/${name}__*\")
set_tests_properties(\"kernels/conformance:${name}\" PROPERTIES ENVIRONMENT \"${ENVIRONMENT}\" COST 100 TIMEOUT 900
                     SKIP_REGULAR_EXPRESSION \"is not there\")
")
endforeach()
file(WRITE ${OUTPUT} "${text}")
