/*
 * Expands every row of x86_64.def. Define some of these before including, the others expand to nothing; all are
 * undefined again behind it. No include guard: it is meant to be included many times.
 *
 *   NATIVE(nr, name, args)                      the host's kernel does it, the filter lets it through
 *   XLATE(nr, name, args, gap)                  sys_name() does it; gap: what is missing, "" for nothing
 *   XLATE_IF(nr, name, args, rules, gap)        sys_name() does it when a rule of the filter says so, else as NATIVE
 *   REFUSE(nr, name, args, errno, reason)       answers errno; the reason is for people and may not be empty
 *
 *   args   A0() .. A6(KIND,name, ...): expands ARG(KIND, name) for each
 *   rules  RULES(...) of RULE1(reg, OP, value) and RULE2(reg, OP, value, reg, OP, value), any of which traps
 *          OP: EQ NE LT LE GT GE compare the whole 64 bits; MASKED(mask) compares (register & mask) with value
 */
#ifndef NATIVE
#define NATIVE(nr, name, args)
#endif
#ifndef XLATE
#define XLATE(nr, name, args, gap)
#endif
#ifndef XLATE_IF
#define XLATE_IF(nr, name, args, rules, gap)
#endif
#ifndef REFUSE
#define REFUSE(nr, name, args, error, reason)
#endif
#ifndef ARG
#define ARG(kind, name)
#endif

#define A0()
#define A1(k1, n1)                                 ARG(k1, n1)
#define A2(k1, n1, k2, n2)                         ARG(k1, n1) ARG(k2, n2)
#define A3(k1, n1, k2, n2, k3, n3)                 ARG(k1, n1) ARG(k2, n2) ARG(k3, n3)
#define A4(k1, n1, k2, n2, k3, n3, k4, n4)         ARG(k1, n1) ARG(k2, n2) ARG(k3, n3) ARG(k4, n4)
#define A5(k1, n1, k2, n2, k3, n3, k4, n4, k5, n5) ARG(k1, n1) ARG(k2, n2) ARG(k3, n3) ARG(k4, n4) ARG(k5, n5)
#define A6(k1, n1, k2, n2, k3, n3, k4, n4, k5, n5, k6, n6) \
	ARG(k1, n1) ARG(k2, n2) ARG(k3, n3) ARG(k4, n4) ARG(k5, n5) ARG(k6, n6)

#include "syscall-tables/x86_64.def"

#undef A0
#undef A1
#undef A2
#undef A3
#undef A4
#undef A5
#undef A6
#undef ARG
#undef NATIVE
#undef XLATE
#undef XLATE_IF
#undef REFUSE
