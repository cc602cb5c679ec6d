# The strict set: gcc and clang must both be clean. Who changes lxrun has them as errors (LX_WERROR, on in those presets); who only
# builds it, with a compiler or headers that nobody has tried yet, gets lxrun.
option(LX_WERROR "Warnings are errors" OFF)
add_library(lx_warnings INTERFACE)
target_compile_options(lx_warnings INTERFACE
	$<$<BOOL:${LX_WERROR}>:-Werror>
	-Wall -Wextra -Wshadow -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wimplicit-fallthrough -Wconversion
	-Wno-sign-conversion -Wno-missing-field-initializers -Wno-initializer-overrides -Wno-override-init
	# What is cut is meant to be cut, or its length is looked at; gcc cannot tell.
	$<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)
