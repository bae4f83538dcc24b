# Images by CMake (3.20 or newer; docs/make.md):
#
#     list(APPEND CMAKE_MODULE_PATH <what `ukl-link --print-cmake` prints>)
#     include(Ukl)            # or, with Ukl_DIR set to that folder: find_package(Ukl REQUIRED)
#     ukl_add_image(NAME PROGRAM TARGET [OUTPUT FILE] [CONFIG FILE] [ARGS WORD...] [LINK_OPTIONS WORD...])
#     ukl_add_test(NAME IMAGE NAME [TIMEOUT SECONDS] [RUN_OPTIONS WORD...] [ARGS WORD...])
#
# TARGET is an executable that was made with the compilers of ukl-toolchain.cmake, or an object library of any compiler.
cmake_minimum_required(VERSION 3.20)
# DEPFILE names files by what they are from the build folder.
if(POLICY CMP0116)
  cmake_policy(SET CMP0116 NEW)
endif()

find_program(UKL_LINK ukl-link HINTS ${CMAKE_CURRENT_LIST_DIR}/../bin REQUIRED)

# A target NAME, built with all others, whose image is OUTPUT: NAME.bzImage in the build folder unless given.
function(ukl_add_image name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROGRAM;OUTPUT;CONFIG" "ARGS;LINK_OPTIONS")
  if(NOT arg_PROGRAM OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ukl_add_image(${name}): give PROGRAM TARGET, and only what docs/make.md lists")
  endif()
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.bzImage)
  if(arg_OUTPUT)
    cmake_path(ABSOLUTE_PATH arg_OUTPUT BASE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} OUTPUT_VARIABLE output)
  endif()
  set(options ${arg_LINK_OPTIONS})
  if(arg_CONFIG)
    cmake_path(ABSOLUTE_PATH arg_CONFIG BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    list(PREPEND options --config=${arg_CONFIG})
  endif()
  foreach(word IN LISTS arg_ARGS)
    # ukl-link takes --args apart as a shell does.
    string(REPLACE "'" "'\\''" word "${word}")
    list(APPEND options "--args='${word}'")
  endforeach()

  get_target_property(type ${arg_PROGRAM} TYPE)
  if(type STREQUAL OBJECT_LIBRARY)
    set(inputs $<TARGET_OBJECTS:${arg_PROGRAM}>)
  else()
    set(inputs $<TARGET_FILE:${arg_PROGRAM}>)
  endif()
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${UKL_LINK} ${options} --dependency-file=${output}.d -o ${output} --with-program "${inputs}"
    DEPENDS ${arg_PROGRAM} ${inputs} ${arg_CONFIG}
    DEPFILE ${output}.d
    COMMENT "Linking image ${name}"
    COMMAND_EXPAND_LISTS
    VERBATIM)
  add_custom_target(${name} ALL DEPENDS ${output})
  set_target_properties(${name} PROPERTIES UKL_IMAGE ${output})
endfunction()

# A test that boots an image and ends as its program does. Call enable_testing() first.
function(ukl_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "IMAGE;TIMEOUT" "RUN_OPTIONS;ARGS")
  if(NOT arg_IMAGE OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ukl_add_test(${name}): give IMAGE NAME, and only what docs/make.md lists")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  get_target_property(image ${arg_IMAGE} UKL_IMAGE)
  add_test(NAME ${name} COMMAND ${UKL_LINK} run ${image} --timeout=${arg_TIMEOUT} ${arg_RUN_OPTIONS} -- ${arg_ARGS})
  # The run ends itself with a reason; ctest only has the last word.
  math(EXPR limit "${arg_TIMEOUT} + 60")
  set_tests_properties(${name} PROPERTIES TIMEOUT ${limit})
endfunction()
