/* Private to translator/seccomp: what stands in front of every program of a guest. Theory: README.md. */
#ifndef LX_TRANSLATOR_SECCOMP_PROLOGUE_H
#define LX_TRANSLATOR_SECCOMP_PROLOGUE_H

#include <linux/filter.h>
#include <stdint.h>

#define SECCOMP_PROLOGUE_SIZE 14

/* Writes the prologue of the stack with this number. */
void seccomp_prologue(struct sock_filter to[SECCOMP_PROLOGUE_SIZE], uint32_t id);

/* The number of the stack that the calling thread has, asked from the newest prologue; 0 if it has none. */
uint32_t seccomp_probe(void);

#endif
