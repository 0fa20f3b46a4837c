// Becomes QEMU: run QEMU OPTION... `make qemu` executes it in place of its shell, so QEMU is make's own child, and ends
// with it however make ends. SIGTERM make passes on. Of SIGKILL the system tells (Linux), or a watcher (elsewhere). A
// terminal that is closed ends its session's leader: usually a shell, and with it all of its processes; but if make is
// the leader (xterm -e make qemu), it only waits for QEMU, so the watcher ends that.
// Before it becomes QEMU it looks for what QEMU would only fail at, and says so.
//
// MAKE, GOAL in the environment: how to start again without a network.

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

// A child that ends QEMU when make is gone or the terminal is, and itself when QEMU is gone.
static void
watch(pid_t maker)
{
  pid_t qemu = getpid();
  struct pollfd terminal = { .fd = isatty(0) ? 0 : -1 };

  if(fork() != 0)
    return;
  close(1);  // who reads QEMU's output sees its end when QEMU ends
  close(2);
  if(terminal.fd < 0)
    close(0);
  while(getppid() == qemu){
    int n = poll(&terminal, 1, 100);
    if((n > 0 && (terminal.revents & POLLHUP)) || (kill(maker, 0) < 0 && errno == ESRCH)){
      kill(qemu, SIGTERM);
      break;
    }
    if(n != 0)
      usleep(100000);  // a system that cannot poll a terminal
  }
  _exit(0);
}

// How QEMU learns that make is gone.
static void
follow(pid_t maker)
{
#if defined(__linux__) && !defined(WATCH)
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // holds through exec
  if(getppid() != maker)
    exit(1);
  if(getsid(0) == maker)
    watch(maker);
#else
  watch(maker);
#endif
}

// What a command prints on standard output; its messages are of no interest.
static const char *
output(char *const argv[])
{
  static char text[8192];
  size_t n = 0;
  ssize_t got;
  int fds[2];

  if(pipe(fds) < 0)
    return "";
  pid_t child = fork();
  if(child == 0){
    dup2(fds[1], 1);
    close(fds[0]);
    if(!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stderr))
      _exit(127);
    execvp(argv[0], argv);
    _exit(127);
  }
  close(fds[1]);
  while(n < sizeof(text) - 1 && (got = read(fds[0], text + n, sizeof(text) - 1 - n)) > 0)
    n += got;
  text[n] = 0;
  close(fds[0]);
  if(child > 0)
    waitpid(child, 0, 0);
  return text;
}

static int
taken(int type, const char *port)
{
  struct sockaddr_in a = { .sin_family = AF_INET };
  int yes = 1, s = socket(AF_INET, type, 0);

  a.sin_port = htons(atoi(port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if(type == SOCK_STREAM)
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  int busy = bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 && errno == EADDRINUSE;
  close(s);
  return busy;
}

static void
need_free(int type, const char *port, const char *mend)
{
  if(!taken(type, port))
    return;
  fprintf(stderr, "%s port %d of this host is taken (another QEMU of yours?). %s\n", type == SOCK_STREAM ? "TCP" : "UDP",
          atoi(port), mend);
  exit(1);
}

static void
check_options(int argc, char **argv)
{
  for(int i = 1; i < argc; i++){
    if(strncmp(argv[i], "user,", 5) == 0)
      for(const char *p = argv[i]; (p = strstr(p, "hostfwd=udp:127.0.0.1:")); )
        need_free(SOCK_DGRAM, p += 22, "Use other ports, 'make qemu FWDPORT1=N FWDPORT2=M', or do without: 'make qemu NET=none'.");
    if(strncmp(argv[i], "tcp:127.0.0.1:", 14) == 0 && strcmp(argv[i - 1], "-gdb") == 0)
      need_free(SOCK_STREAM, argv[i] + 14, "Use another one: 'make qemu-gdb GDBPORT=N', and the same for 'make gdb'.");
  }
}

static void
check_version(char *qemu)
{
  int major, minor;
  const char *v = strstr(output((char *[]){ qemu, "--version", 0 }), "version ");

  if(v && sscanf(v, "version %d.%d", &major, &minor) == 2 && major * 100 + minor < 702)
    fprintf(stderr, "This QEMU is version %d.%d, and rxv needs 7.2: 'make doctor' says how to get it.\n", major, minor);
}

static int
wants_user_network(int argc, char **argv)
{
  for(int i = 1; i < argc; i++)
    if(strcmp(argv[i - 1], "-netdev") == 0 && strncmp(argv[i], "user,", 5) == 0)
      return 1;
  return 0;
}

int
main(int argc, char **argv)
{
  if(argc < 2){
    fprintf(stderr, "usage: run QEMU OPTION...\n");
    return 2;
  }
  follow(getppid());
  argc--, argv++;
  check_version(argv[0]);
  if(wants_user_network(argc, argv) &&
     !strstr(output((char *[]){ argv[0], "-machine", "none", "-netdev", "help", 0 }), "\nuser\n")){
    fprintf(stderr, "This QEMU has no user networking, so rxv boots without a network. To mend it, install a QEMU built with\n"
                    "libslirp ('make doctor' says more); NET=none or NET=wire:PATH work with this one.\n");
    execlp("sh", "sh", "-c", "exec ${MAKE:-make} --no-print-directory NET=none ${GOAL:-qemu}", (char *)0);
  }
  check_options(argc, argv);
  execvp(argv[0], argv);
  fprintf(stderr, "%s cannot be run: %s\n", argv[0], strerror(errno));
  return 127;
}
