# cmake -DCMAKE_TOOLCHAIN_FILE=<this file>: executables that ukl_add_image takes. They run on this machine as ever: it is no cross build.
set(CMAKE_C_COMPILER ${CMAKE_CURRENT_LIST_DIR}/../bin/ukl-gcc)
set(CMAKE_CXX_COMPILER ${CMAKE_CURRENT_LIST_DIR}/../bin/ukl-g++)
