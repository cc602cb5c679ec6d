/*
 * Stops that came where they cannot be shown, and are made again where they can. The host's stop is let go without its
 * signal, which is sent again at a better place; what it told of itself is kept for the stop that it causes then.
 */
#include "base/host.h"
#include "translator/ptrace/tracee.h"

bool hold_signal(struct tracee *t, int sig, const siginfo_t *info)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->held); i++) {
		if (t->held[i].sig != 0)
			continue;
		t->held[i] = (struct held){.sig = sig, .info = *info};
		return true;
	}
	return false;
}

void expect_signal(struct tracee *t, int sig, const siginfo_t *info)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->held); i++)
		if (t->held[i].sig == 0) {
			t->held[i] = (struct held){.sig = sig, .sent = true, .info = *info};
			return;
		}
}

static bool is_sent(const struct tracee *t, int sig)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->held); i++)
		if (t->held[i].sig == sig && t->held[i].sent)
			return true;
	return false;
}

bool is_holding(const struct tracee *t)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->held); i++)
		if (t->held[i].sig != 0 && !t->held[i].sent)
			return true;
	return t->interrupt_held;
}

bool is_stopping(const struct tracee *t)
{
	return is_holding(t) || is_sent(t, SIGSTOP);
}

bool take_signal(struct tracee *t, int sig, siginfo_t *info)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->held); i++)
		if (t->held[i].sig == sig && t->held[i].sent) {
			*info = t->held[i].info;
			t->held[i].sig = 0;
			return true;
		}
	return false;
}

bool raise_held(struct tracee *t)
{
	bool at_once = false;

	if (!is_holding(t) || (t->inside && !t->at_entry))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(t->held); i++) {
		struct held *h = &t->held[i];

		/* Signals of a number do not queue. */
		if (h->sig == 0 || h->sent || is_sent(t, h->sig))
			continue;
		h->sent = host_call(SYS_tkill, t->tid, h->sig) == 0;
		at_once |= h->sig == SIGSTOP;
	}
	if (t->interrupt_held) {
		(void)!tracee_request(t, PTRACE_INTERRUPT, 0, NULL);
		t->interrupt_held = false;
		at_once = true;
	}
	if (!t->inside)
		t->driving = false;
	return at_once && t->inside;
}
