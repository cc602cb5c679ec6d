/*
 * The kinds of syscall arguments, as the rows of x86_64.def name them, and the C type that a handler receives.
 *
 * A kind decides how dispatch fetches an argument and how a trace prints it. AT takes two registers (descriptor, path);
 * all others take one. AT, PATH and STR are strings that dispatch has already read from guest memory (-EFAULT,
 * -ENAMETOOLONG happen before the handler); the _O kinds may be NULL. Addresses stay numbers: guest memory is reached
 * through the port only (translator/translator.h).
 */
#ifndef LX_SYSCALL_TABLES_KINDS_H
#define LX_SYSCALL_TABLES_KINDS_H

#include <stdint.h>

struct vfs_at; /* vfs/vfs.h; only who uses the AT kinds by value needs it complete */

/* K(name, C type, registers) */
#define ARGUMENT_KINDS(K)                                                                           \
	K(FD, int, 1)           /* an open descriptor */                                            \
	K(AT, struct vfs_at, 2) /* directory descriptor and path */                                 \
	K(AT_O, struct vfs_at, 2)                                                                   \
	K(PATH, struct vfs_at, 1) /* a path from the cwd: the same type with dir = AT_FDCWD */      \
	K(PATH_O, struct vfs_at, 1)                                                                 \
	K(STR, const char *, 1) /* any other string, shorter than PATH_MAX */                       \
	K(STR_O, const char *, 1)                                                                   \
	K(ADDR, uint64_t, 1)     /* address of something that dispatch does not read */             \
	K(INBUF, uint64_t, 1)    /* address of what the kernel reads */                             \
	K(SOCKADDR, uint64_t, 1) /* address of a socket address; its length is the next argument */ \
	K(OUTBUF, uint64_t, 1)   /* address of what the kernel writes */                            \
	K(INT, int, 1)                                                                              \
	K(UINT, uint32_t, 1)                                                                        \
	K(LONG, int64_t, 1)                                                                         \
	K(ULONG, uint64_t, 1)                                                                       \
	K(HEX, uint64_t, 1)                                                                         \
	K(SIZE, uint64_t, 1)                                                                        \
	K(OFF, int64_t, 1)                                                                          \
	K(MODE, uint32_t, 1)                                                                        \
	K(DEV, uint64_t, 1)                                                                         \
	K(PID, int32_t, 1)                                                                          \
	K(UID, uint32_t, 1)                                                                         \
	K(GID, uint32_t, 1)                                                                         \
	K(SIG, int, 1)                                                                              \
	K(OFLAGS, int, 1)  /* O_* */                                                                \
	K(ATFLAGS, int, 1) /* AT_* */                                                               \
	K(CLONEFLAGS, uint64_t, 1)                                                                  \
	K(PROT, int, 1)                                                                             \
	K(MAPFLAGS, int, 1)                                                                         \
	K(FLAGS, uint32_t, 1) /* flags without names of their own: hexadecimal */

enum argument_kind {
#define K(name, type, registers) ARGUMENT_##name,
	ARGUMENT_KINDS(K)
#undef K
};

#endif
