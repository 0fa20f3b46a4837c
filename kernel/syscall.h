#ifndef RXV_SYSCALL_H
#define RXV_SYSCALL_H
// System call numbers, in a7. Arguments are in a0..a5, the result in a0: -1 on error. With SYS_ERRNO added
// to the number an error comes back as -errno instead; the library's stubs ask for that, and keep errno.

#define SYS_ERRNO 0x100

// xv6's, with its numbers
#define SYS_fork 1
#define SYS_exit 2
#define SYS_wait 3
#define SYS_pipe 4
#define SYS_read 5
#define SYS_kill 6
#define SYS_exec 7
#define SYS_fstat 8
#define SYS_chdir 9
#define SYS_dup 10
#define SYS_getpid 11
#define SYS_sbrk 12
#define SYS_pause 13
#define SYS_sleep 13  // its name until 2024
#define SYS_uptime 14
#define SYS_open 15
#define SYS_write 16
#define SYS_mknod 17
#define SYS_unlink 18
#define SYS_link 19
#define SYS_mkdir 20
#define SYS_close 21

// the network lab's, by port
#define SYS_bind 29
#define SYS_unbind 30
#define SYS_send 31
#define SYS_recv 32
#define SYS_labconnect 33  // connect() of the labs up to 2023

// BSD sockets (kernel/socket.h)
#define SYS_socket 40
#define SYS_sockbind 41
#define SYS_connect 42
#define SYS_listen 43
#define SYS_accept 44
#define SYS_sendto 45
#define SYS_recvfrom 46
#define SYS_shutdown 47
#define SYS_getsockname 48
#define SYS_getpeername 49
#define SYS_setsockopt 50
#define SYS_getsockopt 51
#define SYS_poll 52
#define SYS_fcntl 53

// rxv's own
#define SYS_rename 60     // rename(old, new)
#define SYS_halt 61       // halt(status): power off
#define SYS_kstat 62      // kstat(what, buf, bytes): state of the kernel (kernel/kstat.h)
#define SYS_clock 63      // clock(which): nanoseconds (kernel/kstat.h)
#define SYS_sync 64       // sync(): everything written is on the disk
#define SYS_netctl 65     // netctl(op, buf, bytes): change the network's state (kernel/netctl.h)
#define SYS_getrandom 66  // getrandom(buf, bytes)
#define SYS_fgproc 67     // fgproc(pid): ^C kills this process and its descendants; 0: nobody; FG_WAIT: nobody, but it
                          // ends the caller's wait(). With 0 or FG_WAIT: 1 if ^C has come for somebody since, else 0
#define FG_WAIT (-1)
#define SYS_getppid 69    // getppid()
#define SYS_yield 70      // yield(): let others run
#define SYS_failalloc 71  // failalloc(kind, n): let an allocation fail (kernel/failalloc.h; debug build)
#define SYS_kdebug 72     // kdebug(what, key): a report, or a mistake on purpose (kernel/provoke.h; debug build)
#define SYS_fsync 73      // fsync(fd): what was written to this file is on the disk

#endif
