#ifndef RXV_ERRNO_H
#define RXV_ERRNO_H
// Why a call failed: errno's values, with the numbers the field is used to. Inside the kernel a function
// returns -E...; the system call door gives a program -1, and user/errno.h the reason.

#define EPERM 1             // not allowed
#define ENOENT 2            // no such file
#define ESRCH 3             // no such process
#define EINTR 4             // killed, or woken, while waiting
#define EIO 5               // the disk failed
#define E2BIG 7             // too many arguments
#define ENOEXEC 8           // not a program
#define EBADF 9             // no such open file, or not open for this
#define ECHILD 10           // no children
#define EAGAIN 11           // would have to wait
#define ENOMEM 12           // no memory
#define EACCES 13           // not without SO_BROADCAST
#define EFAULT 14           // bad address
#define EBUSY 16            // in use
#define EEXIST 17           // is there already
#define EXDEV 18            // other device
#define ENODEV 19           // no such device
#define ENOTDIR 20          // not a directory
#define EISDIR 21           // is a directory
#define EINVAL 22           // bad argument
#define ENFILE 23           // no free open file in the system
#define EMFILE 24           // no free open file in this process
#define EFBIG 27            // file too large
#define ENOSPC 28           // disk full
#define EMLINK 31           // too many names for one file
#define EPIPE 32            // nobody reads it
#define ERANGE 34           // out of range
#define ENAMETOOLONG 36     // name too long
#define ENOSYS 38           // no such call
#define ENOTEMPTY 39        // directory not empty
#define ENOTSOCK 88         // not a socket
#define EDESTADDRREQ 89     // no destination
#define EMSGSIZE 90         // message too long
#define EPROTOTYPE 91       // wrong type of socket
#define ENOPROTOOPT 92      // no such option
#define EPROTONOSUPPORT 93  // no such protocol
#define EOPNOTSUPP 95       // not on this kind of file, or not in this build of the kernel
#define EAFNOSUPPORT 97     // not an IPv4 address
#define EADDRINUSE 98       // port taken
#define EADDRNOTAVAIL 99    // not an address of ours
#define ENETDOWN 100        // interface down
#define ENETUNREACH 101     // no route
#define ECONNRESET 104      // connection reset
#define ENOBUFS 105         // no packet memory
#define EISCONN 106         // connected already
#define ENOTCONN 107        // not connected
#define ETIMEDOUT 110       // took too long
#define ECONNREFUSED 111    // nobody listens there
#define EHOSTDOWN 112       // next hop did not answer ARP
#define EHOSTUNREACH 113    // no way to that host
#define EALREADY 114        // already under way
#define EINPROGRESS 115     // under way

#endif
