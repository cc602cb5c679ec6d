/* Whether KVM is really there. Private to vm-backend. */
#ifndef LX_VM_BACKEND_KVM_PROBE_H
#define LX_VM_BACKEND_KVM_PROBE_H

#include "vm-backend/backend.h"

/* 0, or -errno and the reason. Takes a few milliseconds, two seconds at worst. */
MUST_CHECK int kvm_probe(struct vm_message *reason);
/* A kernel did not get up there: kvm_probe() says so until the host starts again. */
void kvm_note_failure(void);

#endif
