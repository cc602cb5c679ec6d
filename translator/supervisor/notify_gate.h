/* The notify gate: calls of notify.def, made by the supervisor on the guests' behalf. Theory: README.md. */
#ifndef LX_TRANSLATOR_SUPERVISOR_NOTIFY_GATE_H
#define LX_TRANSLATOR_SUPERVISOR_NOTIFY_GATE_H

#include "base/attr.h"
#include "base/instance.h"
#include "translator/supervisor/instance_calls.h"

/* Serves the listener until the last process with the filter is gone. 0 or -errno. */
MUST_CHECK int notify_gate_serve(struct instance *in, int listener, struct instance_calls *calls);

#endif
