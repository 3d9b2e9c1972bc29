# Fails if a test case's name has a bracket, semicolon or backslash: CMake would take it and those after it for one name, and never run them.
execute_process(COMMAND ${PROGRAM} --list-test-names-only OUTPUT_VARIABLE names)
string(REGEX MATCH "[^\n]*[][;\\][^\n]*" odd "${names}")
if(odd)
  message(FATAL_ERROR "expected names of test cases without brackets, semicolons and backslashes, got \"${odd}\"")
endif()
