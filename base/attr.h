/* Compiler attributes and tiny macros that every folder uses. Freestanding. */
#ifndef LX_BASE_ATTR_H
#define LX_BASE_ATTR_H

#define MUST_CHECK             __attribute__((warn_unused_result))
#define CLEANUP(fn)            __attribute__((cleanup(fn)))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN               __attribute__((noreturn))
#define UNUSED                 __attribute__((unused))
#define ALWAYS_INLINE          inline __attribute__((always_inline))

/*
 * Where zeroed memory of the resident's lies (translator/resident.ld): what is large and seldom touched behind everything
 * else, so that what each process touches is in few pages and few page tables.
 */
#ifdef LX_RESIDENT
#define COLD      __attribute__((section(".bss.cold")))
#define IN(where) __attribute__((section(".bss." #where)))
#else
#define COLD
#define IN(where)
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A mistake of ours, not of the guest or the host: stop here, in release builds too. */
#define lx_bug() __builtin_trap()

#endif
