/*
 * A main() for fuzz targets in builds without libFuzzer: every file of the named directories as it is, then mutations of
 * it from a fixed sequence of random numbers (the same ones on every machine).
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MUTATIONS 500
/* For a whole run: a target that does much for each input gets fewer mutations of each file. */
#define SECONDS   90
#define NOISE     20
#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t random_state = 88172645463325252ull;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* The input lies at the very end of its allocation, so that a read behind it is seen. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static size_t mutate(uint8_t *data, size_t size)
{
	static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};

	for (uint64_t n = 1 + random_below(4); n > 0 && size > 0; n--) {
		size_t at = (size_t)random_below(size);

		switch (random_below(4)) {
		case 0:
			data[at] ^= (uint8_t)(1u << random_below(8));
			break;
		case 1:
			data[at] = edges[random_below(sizeof(edges))];
			break;
		case 2:
			data[at] = (uint8_t)random_below(256);
			break;
		default:
			if (random_below(8) == 0)
				size = at;
		}
	}
	return size;
}

static unsigned long fed;

/* until: when the file's mutations end. */
static int replay(const char *path, time_t until)
{
	uint8_t *data = malloc(INPUT_MAX), *copy = malloc(INPUT_MAX);
	FILE *f = fopen(path, "rb");
	size_t size;

	if (f == NULL || data == NULL || copy == NULL) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, INPUT_MAX, f);
	(void)fclose(f);
	feed(data, size);
	for (int i = 0; i < MUTATIONS && time(NULL) < until; i++) {
		memcpy(copy, data, size);
		feed(copy, mutate(copy, size));
		fed++;
	}
	free(data);
	free(copy);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned files = 0;
	uint8_t noise[512];
	time_t until;

	for (int i = 1; i < argc; i++) {
		struct dirent **entries;
		int n = scandir(argv[i], &entries, NULL, alphasort);

		if (n < 0) {
			perror(argv[i]);
			return 1;
		}
		for (int k = 0; k < n; k++) {
			char path[4096];

			if (entries[k]->d_name[0] != '.') {
				(void)snprintf(path, sizeof(path), "%s/%s", argv[i], entries[k]->d_name);
				/* Each file gets the same part of the time. */
				if (replay(path, time(NULL) + SECONDS / n) != 0)
					return 1;
				files++;
			}
			free(entries[k]);
		}
		free(entries);
	}
	until = time(NULL) + NOISE;
	for (int i = 0; i < MUTATIONS && time(NULL) < until; i++, fed++) {
		size_t size = (size_t)random_below(sizeof(noise));

		for (size_t k = 0; k < size; k++)
			noise[k] = (uint8_t)random_below(256);
		feed(noise, size);
	}
	printf("%u files, %lu inputs made of them or at random\n", files, fed);
	return 0;
}
