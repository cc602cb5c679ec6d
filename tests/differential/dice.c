/* Chance that comes out the same each time. Each step has dice of its own: leaving one out changes no other. */
#include "identity.h"

static uint64_t state;

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void dice_throw(uint64_t seed, uint64_t step)
{
	state = seed * 0x100000001b3u + step;
	state = next() ^ step;
	(void)next();
}

unsigned dice(unsigned n)
{
	return (unsigned)(next() >> 32) % n;
}

bool one_in(unsigned n)
{
	return dice(n) == 0;
}
