#ifndef RXV_ENTRY_SYS_H
#define RXV_ENTRY_SYS_H
// System calls, for the files that hold them: sysproc.c, sysfile.c, sysnet.c, sysstat.c.

#include "core/types.h"
#include "fs/file.h"
#include "kernel/syscall.h"

// One call: arguments as the program gave them, unchecked; result 0 or more, or -E...
typedef int64 sysfn(const uint64 a[6]);

#define SYSCALLS(X)                                                                                       \
  X(fork) X(exit) X(wait) X(pipe) X(read) X(kill) X(exec) X(fstat) X(chdir) X(dup) X(getpid) X(sbrk)     \
  X(pause) X(uptime) X(open) X(write) X(mknod) X(unlink) X(link) X(mkdir) X(close)                        \
  X(bind) X(unbind) X(send) X(recv) X(labconnect)                                                         \
  X(socket) X(sockbind) X(connect) X(listen) X(accept) X(sendto) X(recvfrom) X(shutdown) X(getsockname)   \
  X(getpeername) X(setsockopt) X(getsockopt) X(poll) X(fcntl)                                             \
  X(rename) X(halt) X(kstat) X(clock) X(sync) X(netctl) X(getrandom) X(fgproc) X(getppid)       \
  X(yield) X(failalloc) X(kdebug) X(fsync)

#define X(name) sysfn sys_##name;
SYSCALLS(X)
#undef X

// Descriptors of the running process (sysfile.c).
struct file *fd_file(uint64 fd);      // 0: not open
int fd_alloc(TAKES struct file *f);   // lowest free descriptor; -EMFILE: f is closed

#endif
