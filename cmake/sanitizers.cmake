# LX_SANITIZE: a list for -fsanitize=, for everything hosted. The resident undoes it (LX_RESIDENT_FLAGS in domains.cmake,
# which stand behind these on the command line), and tests/lint/resident looks at the result.
set(LX_SANITIZE "" CACHE STRING "Sanitizers of the hosted code, e.g. address,undefined or thread")
option(LX_FUZZ "Build tests/fuzz with libFuzzer (clang)" OFF)

if(LX_SANITIZE)
	add_compile_options(-fsanitize=${LX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${LX_SANITIZE})
endif()

if(LX_FUZZ)
	if(NOT CMAKE_C_COMPILER_ID STREQUAL Clang)
		message(FATAL_ERROR "LX_FUZZ needs clang: cmake --preset fuzz")
	endif()
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
