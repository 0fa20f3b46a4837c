// help [KIND]: the programs that there are, kind by kind, with a line each. KIND: net, files, text, system, tests, bench, own.
//
// The lines are here. A program of the root without a line, such as one of your own, is listed by its name.

#include "kernel/fcntl.h"
#include "kernel/stat.h"
#include "user/dir.h"
#include "user/rxv.h"
#include "user/user.h"

static const struct kind {
  const char *name, *text, *dir;
} kinds[] = {
  { "tests", "Tests, in /tests", "/tests" },
  { "bench", "Measurements, in /bench", "/bench" },
  { "files", "Files and directories", "/" },
  { "text", "Text", "/" },
  { "system", "Processes and the machine", "/" },
  { "own", "Your own", "/" },
  { "net", "The network", "/" },
};

static const struct {
  const char *kind, *name, *text;
} programs[] = {
  { "files", "cat", "show files" },
  { "files", "cp", "copy files; -r: directories" },
  { "files", "find", "all that is below a directory" },
  { "files", "hexdump", "the bytes of a file" },
  { "files", "ln", "another name for a file" },
  { "files", "ls", "what is in a directory; -l: sizes" },
  { "files", "mkdir", "make directories" },
  { "files", "mv", "rename or move" },
  { "files", "rm", "remove files; -r: directories" },
  { "files", "rmdir", "remove empty directories" },
  { "files", "sync", "what was written is on the disk" },
  { "files", "touch", "make empty files" },
  { "text", "clear", "clear the screen" },
  { "text", "echo", "say its words" },
  { "text", "grep", "lines that match a pattern" },
  { "text", "head", "the first lines" },
  { "text", "seq", "numbers, one on a line" },
  { "text", "sort", "lines in order" },
  { "text", "tail", "the last lines" },
  { "text", "tee", "to standard output and into files" },
  { "text", "uniq", "lines that repeat, once" },
  { "text", "wc", "count lines, words and bytes" },
  { "text", "xargs", "run a command with words from its input" },
  { "system", "date", "date and time" },
  { "system", "false", "fail" },
  { "system", "free", "memory" },
  { "system", "halt", "end QEMU; a number is its status" },
  { "system", "help", "this" },
  { "system", "kill", "end processes by their numbers" },
  { "system", "poweroff", "end QEMU" },
  { "system", "ps", "processes" },
  { "system", "sh", "the shell; its own commands: cd, exit, pwd, wait" },
  { "system", "sleep", "wait for tenths of a second" },
  { "system", "time", "how long a command takes" },
  { "system", "true", "succeed" },
  { "system", "uptime", "how long the machine has been running" },
  { "bench", "benchd", "the guest's side of make bench" },
  { "bench", "burn", "compute, and say how much of a hart that got" },
  { "tests", "compat", "what programs for xv6 rely on" },
  { "tests", "fsload", "work on files without an end" },
  { "tests", "kdebug", "what a debug kernel has measured" },
  { "tests", "nettest", "the network lab's tests, with nettest.py on the host" },
  { "tests", "nt", "one use of BSD sockets at a time, for scripts" },
  { "tests", "ntlab", "the same with the lab's calls" },
  { "tests", "ntstat", "counters, for scripts" },
  { "bench", "sysbench", "what each system call costs" },
  { "tests", "sysfuzz", "random system calls" },
  { "tests", "usertests", "processes, memory, files, pipes, sockets; -l: a list" },
  { "net", "arp", "the neighbours on the wire" },
  { "net", "faulty", "lose, double, delay and damage frames on purpose" },
  { "net", "host", "the addresses of a name" },
  { "net", "ifconfig", "interfaces, addresses, link" },
  { "net", "netctl", "what can be changed in the packet's path" },
  { "net", "netstat", "rings, sockets, drops by name; -t: the last frames" },
  { "net", "ping", "does a host answer?" },
  { "net", "pktpath", "where a packet's time goes" },
  { "net", "route", "the routes" },
  { "net", "screend", "a filter for the router" },
  { "net", "udpecho", "answer datagrams" },
  { "net", "udpsend", "send a datagram" },
};

#define NPROGRAMS (sizeof(programs) / sizeof(programs[0]))

static char **names;
static int nnames;

static int
is_there(const char *name)
{
  for(int i = 0; i < nnames; i++){
    if(strcmp(names[i], name) == 0)
      return 1;
  }
  return 0;
}

static int
is_known(const char *name)
{
  for(uint i = 0; i < NPROGRAMS; i++){
    if(strcmp(programs[i].name, name) == 0)
      return 1;
  }
  return strcmp(name, "init") == 0;  // not for the prompt
}

static int
is_program(const char *name)
{
  char path[32], mark[4];
  struct stat st;
  snprintf(path, sizeof(path), "/%s", name);
  if(stat(path, &st) < 0 || st.type != T_FILE)
    return 0;
  int fd = open(path, O_RDONLY);
  int elf = fd >= 0 && read(fd, mark, 4) == 4 && memcmp(mark, "\177ELF", 4) == 0;
  close(fd);
  return elf;
}

static void
list(const struct kind *k)
{
  int heading = 0;
  nnames = dir_read(k->dir, &names);
  if(nnames < 0){
    warn_errno("%s", k->dir);
    return;
  }
  for(uint i = 0; i < NPROGRAMS; i++){
    if(strcmp(programs[i].kind, k->name) != 0 || !is_there(programs[i].name))
      continue;
    if(!heading++)
      printf("%s (%s)\n", k->text, k->name);
    printf("  %-10s %s\n", programs[i].name, programs[i].text);
  }
  for(int i = 0; strcmp(k->name, "own") == 0 && i < nnames; i++){
    if(is_known(names[i]) || !is_program(names[i]))
      continue;
    if(!heading++)
      printf("%s (%s)\n", k->text, k->name);
    printf("  %s\n", names[i]);
  }
  dir_free(names, nnames);
}

int
main(int argc, char **argv)
{
  int listed = 0;
  if(argc > 2)
    usage("[KIND]");
  for(uint i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++){
    if(argc == 1 || strcmp(argv[1], kinds[i].name) == 0){
      list(&kinds[i]);
      listed++;
    }
  }
  if(listed == 0)
    die("%s: no such kind; net, files, text, system, tests, bench, own", argv[1]);
  if(argc == 1)
    printf("help net: one kind. ^C ends a command, ^P lists processes, ^N the network.\n");
  return 0;
}
