# cmake --install: libraries, headers, the command, and a package for find_package(knoll).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(KNOLL_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/knoll)
install(TARGETS knoll knoll_core knoll_nn knoll_losses knoll_data EXPORT knollTargets)
install(EXPORT knollTargets NAMESPACE knoll:: DESTINATION ${KNOLL_PACKAGE_DIR})
install(FILES knoll.h testing.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/knoll)
install(DIRECTORY core nn losses data DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/knoll FILES_MATCHING PATTERN "*.h")
if(TARGET knoll_command)
  install(TARGETS knoll_command RUNTIME)
endif()

# Whoever looks for the package decides what its absence means: find_package(knoll QUIET) goes on without.
file(WRITE ${CMAKE_BINARY_DIR}/knollConfig.cmake
     [[
include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)
if(knoll_missing)
  set(knoll_FOUND FALSE)
  set(knoll_NOT_FOUND_MESSAGE "${knoll_missing}")
else()
  include(${CMAKE_CURRENT_LIST_DIR}/knollTargets.cmake)
endif()
]])
write_basic_package_version_file(${CMAKE_BINARY_DIR}/knollConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/dependencies.cmake ${CMAKE_BINARY_DIR}/knollConfig.cmake ${CMAKE_BINARY_DIR}/knollConfigVersion.cmake DESTINATION ${KNOLL_PACKAGE_DIR})
