#ifndef RXV_CORE_PROCTAG_H
#define RXV_CORE_PROCTAG_H
// Who runs on this hart, for messages from layers that know no processes. Set by sched/ at boot.

extern void (*proc_tag)(int *pid, const char **name);

#endif
