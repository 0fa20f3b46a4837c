#ifndef HOST_FS_KSHIM_H
#define HOST_FS_KSHIM_H
// The shim, for the workloads.

#include "core/types.h"

struct proc *become_process(void);               // the calling thread is one from now on
uint next_random(uint *seed);
void record_synced(uint version, uint records);  // in the trace: this much is durable

#endif
