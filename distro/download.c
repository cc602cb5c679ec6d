#include "distro/download.h"

#include <curl/curl.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/host.h"

/* In a row, without a byte in between. */
#define TRIES_MAX         5
#define RESUMPTIONS_MAX   100
#define CONNECT_SECONDS   15
#define STALL_SECONDS     30
#define REDIRECTIONS_MAX  10
#define FIRST_PAUSE       500
#define LOOK_MILLISECONDS 100

struct transfer {
	const char *url;
	const struct download_options *o;
	int fd;
	uint64_t written; /* so far, of all tries */
	uint64_t begun;   /* where this try began */
	bool canceled, too_large;
	int write_error;
	char tag[256]; /* which content it is: the server's ETag; "" */
};

/* --- what curl calls ------------------------------------------------------------------------------------------------------ */

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t n = size * count;

	if (t->written + n > t->o->size_max) {
		t->too_large = true;
		return 0;
	}
	t->write_error = host_write_full(t->fd, bytes, n);
	if (t->write_error < 0)
		return 0;
	t->written += n;
	return n;
}

static int tell(void *context, curl_off_t total, curl_off_t now, curl_off_t upload_total, curl_off_t upload_now)
{
	struct transfer *t = context;

	(void)upload_total;
	(void)upload_now;
	(void)now;
	if (t->o->progress != NULL &&
	    t->o->progress(t->o->context, t->written, total > 0 ? t->begun + (uint64_t)total : 0) != 0)
		t->canceled = true;
	return t->canceled ? 1 : 0;
}

/* Strong tags only: a weak one does not say that the bytes are the same. */
static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	static const char name[] = "etag:";
	struct transfer *t = context;
	size_t n = size * count, at = sizeof(name) - 1;

	/* Of the last answer of several, after redirections. */
	if (n > 5 && strncasecmp(bytes, "HTTP/", 5) == 0)
		t->tag[0] = '\0';
	if (n <= at || strncasecmp(bytes, name, at) != 0)
		return n;
	while (at < n && bytes[at] == ' ')
		at++;
	if (at < n && bytes[at] == '"' && n - at < sizeof(t->tag)) {
		memcpy(t->tag, bytes + at, n - at);
		t->tag[n - at] = '\0';
		t->tag[strcspn(t->tag, "\r\n")] = '\0';
	}
	return n;
}

/* --- one try -------------------------------------------------------------------------------------------------------------- */

static void set_options(CURL *c, struct transfer *t, char *error)
{
	/* No step down from what is encrypted. */
	bool encrypted = strncasecmp(t->url, "https:", 6) == 0;

	curl_easy_setopt(c, CURLOPT_URL, t->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,file");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, encrypted ? "https" : "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTIONS_MAX);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "lxrun");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, tell);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
}

static CURLcode try(struct transfer *t, char *error, long *ret_status)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers = NULL;
	char line[300];
	CURLcode code;

	*ret_status = 0;
	error[0] = '\0';
	if (c == NULL)
		return CURLE_OUT_OF_MEMORY;
	set_options(c, t, error);
	t->begun = t->written;
	if (t->written > 0) {
		curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->written);
		if (t->tag[0] != '\0') {
			snprintf(line, sizeof(line), "If-Range: %s", t->tag);
			headers = curl_slist_append(NULL, line);
			curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
		}
	}
	code = curl_easy_perform(c);
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return code;
}

/* --- all tries ------------------------------------------------------------------------------------------------------------ */

/* What may be otherwise in a moment. */
static bool is_passing(const struct transfer *t, CURLcode code, long status)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		/* Where nobody has been, nobody comes. */
		return t->written > 0;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	case CURLE_HTTP_RETURNED_ERROR:
		return status >= 500 || status == 408 || status == 429;
	default:
		return false;
	}
}

/* From the beginning, with what the server has now. */
static int start_again(struct transfer *t)
{
	t->written = 0;
	t->tag[0] = '\0';
	return ftruncate(t->fd, 0) < 0 || lseek(t->fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static bool pause_for(struct transfer *t, int milliseconds)
{
	for (; milliseconds > 0 && !t->canceled; milliseconds -= LOOK_MILLISECONDS) {
		(void)poll(NULL, 0, LOOK_MILLISECONDS);
		(void)tell(t, 0, 0, 0, 0);
	}
	return !t->canceled;
}

static int explain(const struct transfer *t, CURLcode code, const char *error, long status, struct message *m)
{
	if (t->canceled) {
		message_set(m, "it was interrupted");
		return -ECANCELED;
	}
	if (t->too_large)
		message_set(m, "cannot download '%.512s': it is larger than %llu bytes", t->url,
			    (unsigned long long)t->o->size_max);
	else if (t->write_error < 0)
		message_set(m, "cannot keep '%.512s': %s", t->url, strerror(-t->write_error));
	else if (code == CURLE_HTTP_RETURNED_ERROR)
		message_set(m, "cannot download '%.512s': the server answers %ld%s", t->url, status,
			    status == 404 ? ", there is no such file" : "");
	else
		message_set(m, "cannot download '%.512s': %.256s", t->url,
			    error[0] != '\0' ? error : curl_easy_strerror(code));
	return t->write_error < 0 ? t->write_error : -EIO;
}

int download(const char *url, int fd, const struct download_options *o, struct message *m)
{
	struct transfer t = {.url = url, .o = o, .fd = fd};
	char error[CURL_ERROR_SIZE];
	CURLcode code;
	long status;
	int in_vain = 0, pause = FIRST_PAUSE;

	for (int i = 0;; i++) {
		code = try(&t, error, &status);
		if (code == CURLE_OK)
			return 0;
		/* It has another file now, or takes no requests for parts. */
		if (t.begun > 0 && !t.canceled && !t.too_large && t.write_error == 0 &&
		    (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME || status == 416)) {
			if (in_vain++ < TRIES_MAX && start_again(&t) == 0)
				continue;
			break;
		}
		if (t.written > t.begun) {
			in_vain = 0;
			pause = FIRST_PAUSE;
		}
		if (t.canceled || t.too_large || t.write_error < 0 || !is_passing(&t, code, status) ||
		    ++in_vain >= TRIES_MAX || i >= RESUMPTIONS_MAX || !pause_for(&t, pause))
			break;
		pause *= 2;
	}
	return explain(&t, code, error, status, m);
}

int download_digest(int fd, char ret[65])
{
	struct sha256_ctx sha;
	uint8_t digest[SHA256_DIGEST_SIZE];
	char bytes[65536];
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	sha256_init(&sha);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sha256_update(&sha, (size_t)n, (const uint8_t *)bytes);
	if (n < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	sha256_digest(&sha, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return 0;
}
