# Installs knoll into the build folder, builds the contract programs against it, and runs them.
set(KNOLL_FASHION_MNIST /usr/share/datasets/fashion-mnist CACHE PATH "Folder of the four Fashion-MNIST files")
set(contract_prefix ${CMAKE_BINARY_DIR}/installed)
set(contract_build ${CMAKE_BINARY_DIR}/contract)

add_test(NAME "contract: knoll installs" COMMAND ${CMAKE_COMMAND} --install ${CMAKE_BINARY_DIR} --prefix ${contract_prefix})
add_test(NAME "contract: programs configure"
         COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${contract_build} -G ${CMAKE_GENERATOR} -DCMAKE_PREFIX_PATH=${contract_prefix}
                 -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
                 "-DCMAKE_CXX_FLAGS=-O1 ${CMAKE_CXX_FLAGS}")
add_test(NAME "contract: programs build" COMMAND ${CMAKE_COMMAND} --build ${contract_build})
# They take longest: a high cost lets ctest begin with them.
set_tests_properties("contract: knoll installs" PROPERTIES FIXTURES_SETUP contract_install COST 1000)
set_tests_properties("contract: programs configure" PROPERTIES FIXTURES_REQUIRED contract_install FIXTURES_SETUP contract_configure COST 1000)
set_tests_properties("contract: programs build" PROPERTIES FIXTURES_REQUIRED contract_configure FIXTURES_SETUP contract_build COST 1000)

add_test(NAME "contract: bash loads the completion that is installed"
         COMMAND bash -c ". ${contract_prefix}/share/bash-completion/completions/knoll && complete -p knoll")
set_tests_properties("contract: bash loads the completion that is installed" PROPERTIES FIXTURES_REQUIRED contract_install PASS_REGULAR_EXPRESSION
                                                                                        "-F _knoll knoll")

# Where something that knoll needs is missing, find_package says so and goes on.
foreach(present TRUE FALSE)
  if(present)
    set(name "contract: a project finds knoll")
    set(expected "with knoll")
    set(disabled)
  else()
    set(name "contract: a project goes on without knoll where zlib is missing")
    set(expected "without knoll: knoll needs OpenBLAS, zlib and threads")
    set(disabled -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=TRUE)
  endif()
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_SOURCE_DIR}/package -B ${CMAKE_BINARY_DIR}/package-${present} -G ${CMAKE_GENERATOR}
                                -DCMAKE_PREFIX_PATH=${contract_prefix} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} ${disabled})
  set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED contract_install PASS_REGULAR_EXPRESSION ${expected})
endforeach()

function(contract_test program)
  add_test(NAME "contract: ${program} runs" COMMAND ${contract_build}/${program} ${ARGN} WORKING_DIRECTORY ${contract_build})
  set_tests_properties("contract: ${program} runs" PROPERTIES FIXTURES_REQUIRED contract_build TIMEOUT 600)
endfunction()

contract_test(derivatives)
contract_test(own_loss)
contract_test(threads)
contract_test(gradient_logic_test)
contract_test(testing_gradients)
set_tests_properties("contract: derivatives runs" PROPERTIES PASS_REGULAR_EXPRESSION "0.75 3 12\n3 6 12\n6 6 6\n")
if(EXISTS ${KNOLL_FASHION_MNIST}/train-images-idx3-ubyte.gz)
  contract_test(train_lenet ${KNOLL_FASHION_MNIST})
  contract_test(missing_labels ${KNOLL_FASHION_MNIST})
  set_tests_properties("contract: missing_labels runs" PROPERTIES PASS_REGULAR_EXPRESSION "bce +mAP [0-9.]+\nhill +mAP [0-9.]+\n")
else()
  message(STATUS "No Fashion-MNIST in ${KNOLL_FASHION_MNIST}: the two contract programs that train on it are not run")
endif()

# For tests/threads.sh, which runs it under the thread sanitizer.
add_executable(contract_threads EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/threads.cpp)
target_link_libraries(contract_threads PRIVATE knoll::knoll)
