#ifndef RXV_PROC_PROCESS_H
#define RXV_PROC_PROCESS_H
// What processes do to each other.

#include "core/types.h"
#include "sched/proc.h"

void userinit(void (*mount_root)(void));          // makes process 1, which mounts the root and runs /init
int proc_fork(void);                              // child's pid in the parent; -EAGAIN no slot, -ENOMEM
void proc_exit(int status) __attribute__((noreturn));
extern void (*proc_exiting)(int pid);             // what else is to be given back when a process ends; 0: nothing
int proc_wait(uint64 status_uva);                 // a dead child's pid; -ECHILD, -EFAULT, -EINTR
int proc_kill(int pid);                           // 0, -ESRCH
int proc_exec(char *path, char **argv);           // argc, or -E... . argv: kernel strings, 0-ended
// ^C is for this one and its descendants; 0: nobody; FG_WAIT: nobody, it ends the caller's proc_wait(). result, with 0 or
// FG_WAIT: 1 if ^C came for somebody since the last such call.
int proc_fg(int pid);
void proc_interrupt(void);                        // ^C was typed: kill them

#endif
