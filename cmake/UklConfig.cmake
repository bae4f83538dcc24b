include(${CMAKE_CURRENT_LIST_DIR}/Ukl.cmake)
