set(KNOLL_WARNINGS -Wall -Wextra -Wpedantic -Wconversion)
if(KNOLL_WERROR)
  list(APPEND KNOLL_WARNINGS -Werror)
endif()
