// Error numbers in words.

#include "user/errno.h"
#include "user/user.h"

#pragma weak strerror
#pragma weak perror

static const struct {
  int err;
  const char *text;
} texts[] = {
  { EPERM, "not allowed" },
  { ENOENT, "no such file or directory" },
  { ESRCH, "no such process" },
  { EINTR, "interrupted" },
  { EIO, "input/output error" },
  { E2BIG, "too many arguments" },
  { ENOEXEC, "not a program" },
  { EBADF, "bad file descriptor" },
  { ECHILD, "no children" },
  { EAGAIN, "would have to wait" },
  { ENOMEM, "no memory" },
  { EACCES, "not permitted for this address" },
  { EFAULT, "bad address" },
  { EBUSY, "in use" },
  { EEXIST, "exists already" },
  { EXDEV, "on another device" },
  { ENODEV, "no such device" },
  { ENOTDIR, "not a directory" },
  { EISDIR, "is a directory" },
  { EINVAL, "invalid argument" },
  { ENFILE, "too many open files in the system" },
  { EMFILE, "too many open files" },
  { EFBIG, "file too large: 268 KB (MAXFILE) at the most" },
  { ENOSPC, "no space left on disk" },
  { EMLINK, "too many names for one file" },
  { EPIPE, "nobody reads the pipe" },
  { ERANGE, "out of range" },
  { ENAMETOOLONG, "name too long" },
  { ENOSYS, "no such system call" },
  { ENOTEMPTY, "directory not empty" },
  { ENOTSOCK, "not a socket" },
  { EDESTADDRREQ, "destination address needed" },
  { EMSGSIZE, "message too long" },
  { EPROTOTYPE, "wrong type of socket" },
  { ENOPROTOOPT, "no such socket option" },
  { EPROTONOSUPPORT, "no such protocol" },
  { EOPNOTSUPP, "not possible on this kind of file" },
  { EAFNOSUPPORT, "not an IPv4 address" },
  { EADDRINUSE, "port in use" },
  { EADDRNOTAVAIL, "not an address of this machine" },
  { ENETDOWN, "interface is down" },
  { ENETUNREACH, "no route to that network" },
  { ECONNRESET, "connection reset by the other end" },
  { ENOBUFS, "no packet memory" },
  { EISCONN, "connected already" },
  { ENOTCONN, "not connected" },
  { ETIMEDOUT, "timed out" },
  { ECONNREFUSED, "connection refused" },
  { EHOSTDOWN, "host is down" },
  { EHOSTUNREACH, "no route to host" },
  { EALREADY, "already under way" },
  { EINPROGRESS, "under way" },
};

const char *
strerror(int err)
{
  for(uint i = 0; i < sizeof(texts) / sizeof(texts[0]); i++){
    if(texts[i].err == err)
      return texts[i].text;
  }
  return "unknown error";
}

void
perror(const char *what)
{
  fprintf(2, "%s: %s\n", what, strerror(errno));
}
