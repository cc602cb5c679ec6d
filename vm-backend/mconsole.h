/* user-mode-linux's console for management: one request, one answer, over datagrams. Private to vm-backend. */
#ifndef LX_VM_BACKEND_MCONSOLE_H
#define LX_VM_BACKEND_MCONSOLE_H

#include "base/attr.h"

/* What the kernel answered: 0, or its -errno. directory: where its socket is, `mconsole`. */
MUST_CHECK int mconsole_ask(const char *directory, const char *command);

#endif
