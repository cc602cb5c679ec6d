# The three domains of ARCHITECTURE.md.
#
# lx_library(NAME SOURCES... ) makes two libraries of the same sources:
#   NAME           hosted: unit tests, fuzzers, the supervisor; sanitizers apply
#   NAME_resident  freestanding: for the resident; general registers only, no libc, never sanitized
set(LX_RESIDENT_FLAGS
	-ffreestanding -nostdlib -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fPIE -fno-exceptions
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none -fno-sanitize=all -O2 -g -U_FORTIFY_SOURCE
	-fno-strict-aliasing -fvisibility=hidden
	# A rep instruction takes a while to begin.
	$<$<C_COMPILER_ID:GNU>:-mmemcpy-strategy=unrolled_loop:256:noalign,libcall:-1:noalign>
	$<$<C_COMPILER_ID:GNU>:-mmemset-strategy=unrolled_loop:256:noalign,libcall:-1:noalign>
	# Without a global offset table, also for what another file defines: ld cannot do without one at this address.
	$<$<C_COMPILER_ID:Clang>:-fdirect-access-external-data>)

function(lx_library name)
	cmake_parse_arguments(L "" "" "SOURCES;RESIDENT;LINK" ${ARGN})
	add_library(${name} STATIC ${L_SOURCES})
	target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
	target_compile_definitions(${name} PUBLIC _GNU_SOURCE)
	target_link_libraries(${name} PRIVATE lx_warnings)
	add_library(${name}_resident STATIC EXCLUDE_FROM_ALL ${L_SOURCES} ${L_RESIDENT})
	target_include_directories(${name}_resident PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
	target_compile_definitions(${name}_resident PUBLIC _GNU_SOURCE LX_RESIDENT=1)
	target_compile_options(${name}_resident PRIVATE ${LX_RESIDENT_FLAGS})
	target_link_libraries(${name}_resident PRIVATE lx_warnings)
	foreach(lib ${L_LINK})
		target_link_libraries(${name} PUBLIC ${lib})
		target_link_libraries(${name}_resident PUBLIC ${lib}_resident)
	endforeach()
endfunction()
