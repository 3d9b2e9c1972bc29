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
  # What shells complete, as the command itself prints it.
  set(completions ${CMAKE_BINARY_DIR}/completions)
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT ${completions}/knoll.${shell}
                       COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
                       COMMAND knoll_command completion ${shell} > ${completions}/knoll.${shell}
                       DEPENDS knoll_command)
  endforeach()
  add_custom_target(knoll_completions ALL DEPENDS ${completions}/knoll.bash ${completions}/knoll.zsh ${completions}/knoll.fish)
  install(FILES ${completions}/knoll.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME knoll)
  install(FILES ${completions}/knoll.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _knoll)
  install(FILES ${completions}/knoll.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
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
