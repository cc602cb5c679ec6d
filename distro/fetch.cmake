# What comes from elsewhere, for lxrun-archive alone.
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
add_library(distro_fetch STATIC download.c manifest.c suites.c)
target_link_libraries(distro_fetch PUBLIC distro base PRIVATE PkgConfig::CURL PkgConfig::JANSSON PkgConfig::NETTLE lx_warnings)
