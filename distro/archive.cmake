# Archives: apart, since only lxrun-archive may link more than the libc.
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
find_package(Threads REQUIRED)
add_library(distro_archive STATIC
	archive_acl.c archive_copy.c archive_guest.c archive_gzip.c archive_input.c archive_links.c archive_output.c archive_owner.c archive_pack.c archive_pax.c
	archive_place.c archive_remove.c archive_sparse.c archive_tar.c archive_tar_write.c
	archive_unpack.c archive_work.c disk_copy.c range_copy.c)
target_compile_definitions(distro_archive PUBLIC _GNU_SOURCE)
target_include_directories(distro_archive PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_link_libraries(distro_archive PUBLIC distro base PRIVATE PkgConfig::ARCHIVE PkgConfig::ZLIB Threads::Threads lx_warnings)

# Disks of version 2, for lxrun-archive only.
pkg_check_modules(EXT2FS REQUIRED IMPORTED_TARGET ext2fs com_err)
add_library(distro_ext4 STATIC ext4_check.c ext4_compare.c ext4_content.c ext4_directory.c ext4_disk.c ext4_flush.c ext4_image.c ext4_inode.c ext4_kept.c ext4_linked.c ext4_names.c ext4_scan.c ext4_store.c ext4_tree.c ext4_walk.c)
target_link_libraries(distro_ext4 PUBLIC distro_archive PRIVATE PkgConfig::EXT2FS Threads::Threads lx_warnings)
