// One stub for each system call: number in a7, arguments where the caller left them. An error comes back as
// -errno (SYS_ERRNO, kernel/syscall.h), which goes to errno; the caller gets -1.

#include "kernel/syscall.h"

.macro stub link, number, binding=globl
.section .text.\link, "ax"
.\binding \link
\link:
  li a7, \number + SYS_ERRNO
  ecall
  bltz a0, 1f
  ret
1:
  tail sys_failed
.endm

// The same, but a program may have a function of this name itself.
.macro weakstub link, number
stub \link, \number, weak
.endm

// a0 = -errno
.section .text.sys_failed, "ax"
.globl sys_failed
sys_failed:
  neg a0, a0
  la t0, errno
  sw a0, 0(t0)
  li a0, -1
  ret

.section .sbss.errno, "aw", @nobits
.weak errno
.balign 4
errno:
  .zero 4

stub fork, SYS_fork
stub exit, SYS_exit
stub wait, SYS_wait
stub pipe, SYS_pipe
stub read, SYS_read
stub kill, SYS_kill
stub exec, SYS_exec
stub fstat, SYS_fstat
stub chdir, SYS_chdir
stub dup, SYS_dup
stub getpid, SYS_getpid
stub sys_sbrk, SYS_sbrk
stub pause, SYS_pause
weakstub sleep, SYS_sleep
stub uptime, SYS_uptime
stub open, SYS_open
stub write, SYS_write
stub mknod, SYS_mknod
stub unlink, SYS_unlink
stub link, SYS_link
stub mkdir, SYS_mkdir
stub close, SYS_close

weakstub bind, SYS_bind
weakstub unbind, SYS_unbind
weakstub send, SYS_send
weakstub recv, SYS_recv
weakstub connect, SYS_labconnect

weakstub socket, SYS_socket
weakstub sock_bind, SYS_sockbind
weakstub sock_connect, SYS_connect
weakstub listen, SYS_listen
weakstub accept, SYS_accept
weakstub sendto, SYS_sendto
weakstub recvfrom, SYS_recvfrom
weakstub shutdown, SYS_shutdown
weakstub getsockname, SYS_getsockname
weakstub getpeername, SYS_getpeername
weakstub setsockopt, SYS_setsockopt
weakstub getsockopt, SYS_getsockopt
weakstub poll, SYS_poll
weakstub fcntl, SYS_fcntl

weakstub rename, SYS_rename
weakstub halt, SYS_halt
weakstub kstat, SYS_kstat
weakstub clock, SYS_clock
weakstub sync, SYS_sync
weakstub netctl, SYS_netctl
weakstub getrandom, SYS_getrandom
weakstub fgproc, SYS_fgproc
weakstub getppid, SYS_getppid
weakstub yield, SYS_yield
weakstub failalloc, SYS_failalloc
weakstub kdebug, SYS_kdebug
weakstub fsync, SYS_fsync
