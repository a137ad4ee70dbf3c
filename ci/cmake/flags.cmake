# SPDX-License-Identifier: Apache-2.0
# Warnings, hardening and instrumentation, as one interface target. Each flag is probed: what a compiler does not know is left out.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

option(MU_WERROR "Warnings are errors (the developer presets set it; packagers need not)" OFF)
option(MU_FUZZ "Build the fuzz targets with libFuzzer (needs clang)" OFF)
set(MU_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")
option(MU_COVERAGE "Instrument for gcov" OFF)

add_library(mu_flags INTERFACE)
target_compile_features(mu_flags INTERFACE c_std_17)
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_compile_definitions(mu_flags INTERFACE _POSIX_C_SOURCE=200809L)

function(mu_flag flag)
  string(MAKE_C_IDENTIFIER "have${flag}" have)
  check_c_compiler_flag(${flag} ${have})
  if(${have})
    target_compile_options(mu_flags INTERFACE ${flag})
  endif()
endfunction()

function(mu_link_flag flag)
  string(MAKE_C_IDENTIFIER "have_link${flag}" have)
  check_linker_flag(C ${flag} ${have})
  if(${have})
    target_link_options(mu_flags INTERFACE ${flag})
  endif()
endfunction()

foreach(flag -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wformat=2
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wcast-qual
        -Wwrite-strings -Wundef -Wvla -Wimplicit-fallthrough -Wnull-dereference
        -Wdouble-promotion -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
  mu_flag(${flag})
endforeach()
if(MU_WERROR)
  mu_flag(-Werror)
endif()
if(MU_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # The instrumentation adds branches that gcc's warnings take for the program's own.
  foreach(flag -Wno-format-overflow -Wno-null-dereference -Wno-maybe-uninitialized)
    target_compile_options(mu_flags INTERFACE ${flag})
  endforeach()
endif()

foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -ftrivial-auto-var-init=zero -fno-strict-aliasing)
  mu_flag(${flag})
endforeach()
foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
  mu_link_flag(${flag})
endforeach()
# The same source gives the same binary wherever it was unpacked.
mu_flag(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

if(MU_SANITIZE)
  target_compile_options(mu_flags INTERFACE -fsanitize=${MU_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(mu_flags INTERFACE -fsanitize=${MU_SANITIZE})
  add_compile_options(-fsanitize=${MU_SANITIZE} -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${MU_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  # _FORTIFY_SOURCE needs optimisation and fights the sanitizers.
  target_compile_options(mu_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(MU_FUZZ)
  # Everything tells libFuzzer where it went; only the targets link its main.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(MU_COVERAGE)
  add_compile_options(--coverage -O0 -g)
  add_link_options(--coverage)
endif()
