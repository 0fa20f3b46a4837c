// ut_edge: the boundary between a program and the kernel, tried from the program's side: what it may execute, where it
// may look, and what it may hand to a call. ut_leak has what it gets to see. Run by usertests, or alone.

#include "user/tests/ut.h"
#include "kernel/syscall.h"
#include "kernel/netctl.h"
#include "user/socket.h"

#define ME "/tests/ut_edge"
#define KERNEL 0xffffffc000000000UL  // the direct map: physical address pa is there at KERNEL + pa
#define STACKS 0xfffffff000000000UL  // kernel stacks

static char bss[5 * PGSIZE + 100];
static char data[2 * PGSIZE] = { 1 };
static volatile int sink;

// ---- instructions that are the kernel's ----

// Each entry is one instruction and a return, 8 bytes. The first one is anybody's; then come the CSRs of supervisor,
// hypervisor, machine and debug mode, read and written, and what only a kernel may do.
asm("  .text\n"
    "  .balign 8\n"
    "  .option push\n"
    "  .option norvc\n"
    "privileged:\n"
    "  nop\n"
    "  ret\n"
    "  .irp csr, 0x100, 0x104, 0x105, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x180, 0x5a8, "
    "    0x600, 0x602, 0x603, 0x680, 0x200, 0x280, 0x300, 0x301, 0x302, 0x303, 0x304, 0x305, 0x306, 0x30a, 0x320, "
    "    0x340, 0x341, 0x342, 0x343, 0x344, 0x3a0, 0x3b0, 0x7a0, 0x7b0, 0xb00, 0xb02\n"
    "  csrrs a0, \\csr, zero\n"
    "  ret\n"
    "  csrrw zero, \\csr, zero\n"
    "  ret\n"
    "  csrrs zero, \\csr, a0\n"  // a0 has sstatus.SUM and the bits around it
    "  ret\n"
    "  .endr\n"
    "  .irp csr, 0xf11, 0xf12, 0xf13, 0xf14, 0xdb0, 0xe12\n"
    "  csrrs a0, \\csr, zero\n"
    "  ret\n"
    "  .endr\n"
    "  csrrw zero, 0xc00, zero\n"  // the clocks may be read, not set
    "  ret\n"
    "  csrrw zero, 0xc01, zero\n"
    "  ret\n"
    // sret mret uret dret wfi sfence.vma sinval.vma sfence.w.inval sfence.inval.ir hfence.vvma hfence.gvma ebreak
    "  .irp insn, 0x10200073, 0x30200073, 0x00200073, 0x7b200073, 0x10500073, 0x12000073, 0x16000073, "
    "    0x18000073, 0x18100073, 0x22000073, 0x62000073, 0x00100073\n"
    "  .word \\insn\n"
    "  ret\n"
    "  .endr\n"
    "privileged_end:\n"
    "  .option pop\n");
extern char privileged[], privileged_end[];

static void
privileged_one(long i)
{
  ((void (*)(long))(privileged + 8 * i))(7L << 17);
}

// A program that executes any of them is killed, and can neither read nor change how the machine is set.
static void
privileged_instructions(void)
{
  long n = (privileged_end - privileged) / 8;

  CHECK(n > 100);
  LIVES(privileged_one, 0);
  for(long i = 1; i < n; i++)
    DIES(privileged_one, i);
}

// ---- memory that is the kernel's ----

// By physical and by kernel's addresses: the test device, the clock interruptor, the clock, the PLIC, the UART, disks,
// PCI; the kernel's code, constants and data; RAM to its end; kernel stacks, and the guard pages between them; what is
// no address at all. The last ones are where the lower half ends.
static const uint64 kernels[] = {
  0x00100000, 0x02000000, 0x02004000, 0x0c000000, 0x0c200000, 0x10000000, 0x10001000, 0x30000000, 0x40000000, KERNBASE,
  KERNBASE + 0x2000, PHYSTOP - 8,
  KERNEL, KERNEL + 0x00100000, KERNEL + 0x00101000, KERNEL + 0x02000000, KERNEL + 0x0c200004, KERNEL + 0x10000000,
  KERNEL + 0x10001000, KERNEL + 0x30000000, KERNEL + 0x40000000, KERNEL + KERNBASE, KERNEL + KERNBASE + 0x1000,
  KERNEL + KERNBASE + 0x10000, KERNEL + KERNBASE + 0x20000, KERNEL + KERNBASE + 0x30000, KERNEL + KERNBASE + 0x40000,
  KERNEL + KERNBASE + 0x80000, KERNEL + KERNBASE + 0x100000, KERNEL + KERNBASE + 0x400000, KERNEL + PHYSTOP - 8,
  KERNEL + PHYSTOP, KERNEL + (1UL << 37) - 8, KERNEL + (1UL << 37), STACKS, STACKS + PGSIZE, STACKS + 2 * PGSIZE,
  STACKS + 3 * PGSIZE - 8, STACKS + 0x100000, -2UL * PGSIZE, -8UL, 1UL << 39, 1UL << 47, 1UL << 63,
  MAXVA - PGSIZE, MAXVA - 8, MAXVA, MAXVA + PGSIZE,
};
#define NKERNELS ((int)(sizeof(kernels) / sizeof(kernels[0])))

static void
load(long a)
{
  sink = *(volatile int *)a;
}

static void
store(long a)
{
  *(volatile long *)a = 0;
}

static void
atomic(long a)
{
  __atomic_fetch_add((int *)a, 1, __ATOMIC_SEQ_CST);
}

static void
reserve(long a)
{
  asm volatile("lr.w zero, (%0)" : : "r"(a) : "memory");
}

static void
jump(long a)
{
  ((void (*)(void))a)();
}

static void
kernel_ranges(void)
{
  for(int i = 0; i < NKERNELS; i++){
    DIES(load, kernels[i]);
    DIES(store, kernels[i]);
    DIES(atomic, kernels[i]);
    DIES(reserve, kernels[i]);
    DIES(jump, kernels[i]);
  }
}

// A word that begins below the end of the lower half, or of the address space, and ends behind it.
static void
across_edges(void)
{
  for(int i = 1; i < 8; i++){
    DIES(load, MAXVA - i);
    DIES(store, MAXVA - i);
    DIES(load, KERNEL - i);
    DIES(store, -(long)i);
  }
  DIES(jump, MAXVA - 2);
}

// ---- write, or execute ----

static const uint ret = 0x00008067;  // jalr x0, 0(ra)
static int fds[2];

// Does a call read, write there? Nothing is changed by it.
static int
call_reads(char *p)
{
  char c;
  int n = write(fds[1], p, 1);

  if(n == 1)
    MUST(read(fds[0], &c, 1));
  return n == 1;
}

static int
call_writes(char *p)
{
  char c;

  MUST(write(fds[1], p, 1));
  if(read(fds[0], p, 1) == 1)
    return 1;
  MUST(read(fds[0], &c, 1));
  return 0;
}

static void
write_and_run(long a)
{
  *(volatile uint *)a = ret;
  asm volatile("fence.i" ::: "memory");
  jump(a);
}

static void
run(long a)
{
  asm volatile("fence.i" ::: "memory");
  jump(a);
}

static void
store_same(long a)
{
  *(volatile char *)a = *(volatile char *)a;
}

// Every page of this program: one that can be written cannot be executed, and the kernel, in calls, sees the same
// permissions as the processor.
static void
write_xor_execute(void)
{
  uint64 top = PGROUNDUP((uint64)sbrk(2 * PGSIZE)), seen[2] = { 0, 0 };

  MUST(pipe(fds));
  sink = data[PGSIZE] + bss[PGSIZE];
  for(uint64 a = 0; a < top + PGSIZE; a += PGSIZE){
    if(!call_reads((char *)a)){
      DIES(load, a);
      DIES(store_same, a);
      continue;
    }
    int writes = call_writes((char *)a);
    seen[writes]++;
    if(writes){
      LIVES(store_same, a);
      DIES(write_and_run, a);
    } else {
      LIVES(load, a);
      DIES(store_same, a);
    }
  }
  CHECK(seen[0] >= 2 && seen[1] >= 5);
}

// The kernel writes code into a page that was not there before, that is shared, or that just became ours: still data.
static void
fill(char *p)
{
  MUST(write(fds[1], &ret, sizeof(ret)));
  IS(read(fds[0], p, sizeof(ret)), sizeof(ret));
}

static void
fill_and_run(long a)
{
  fill((char *)a);
  run(a);
}

static void
written_by_calls(void)
{
  char *lazy = sbrklazy(2 * PGSIZE);

  lazy = (char *)PGROUNDUP((uint64)lazy);
  MUST(pipe(fds));
  fill(lazy);
  DIES(run, lazy);
  DIES(fill_and_run, lazy);
  DIES(fill_and_run, bss);
  fill(data);
  DIES(run, data);
  DIES(store, write_xor_execute);
  MUST(write(fds[1], "x", 1));
  FAILS(read(fds[0], (char *)PGROUNDDOWN((uint64)write_xor_execute), 1));
}

// ---- what calls may be given ----

struct call {
  long number, a[6];
  int at;  // which argument is the address
};

static long
raw(const struct call *c, uint64 bad)
{
  long a[6];

  memmove(a, c->a, sizeof(a));
  a[c->at] = bad;
  register long a0 asm("a0") = a[0], a1 asm("a1") = a[1], a2 asm("a2") = a[2], a3 asm("a3") = a[3], a4 asm("a4") = a[4],
    a5 asm("a5") = a[5], a7 asm("a7") = c->number + SYS_ERRNO;
  asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
  return a0;
}

static struct sockaddr_in here = { .sin_family = AF_INET };
static socklen_t herelen = sizeof(here);
static uint word;
static ushort half;

// Descriptors, in the table below.
enum { PIPE0 = -100, PIPE1, DATA, OUT, UDP, PEER, NO_FD };

// Every other argument is as it should be, so that only the address can be what is wrong. result: how many there are.
static int
the_calls(struct call *to, int most, const int fd_of[])
{
  static char *args[] = { "x", 0 }, name[] = "data";
  static const struct call calls[] = {
    { SYS_pipe, { 0 }, 0 },
    { SYS_read, { PIPE0, 0, 4 }, 1 },
    { SYS_read, { DATA, 0, 100 }, 1 },
    { SYS_write, { PIPE1, 0, 4 }, 1 },
    { SYS_write, { OUT, 0, 4 }, 1 },
    { SYS_exec, { 0, (long)args }, 0 },
    { SYS_exec, { (long)"/echo", 0 }, 1 },
    { SYS_fstat, { DATA, 0 }, 1 },
    { SYS_chdir, { 0 }, 0 },
    { SYS_open, { 0, O_RDONLY }, 0 },
    { SYS_open, { 0, O_CREATE | O_WRONLY }, 0 },
    { SYS_mknod, { 0, 1, 1 }, 0 },
    { SYS_unlink, { 0 }, 0 },
    { SYS_link, { 0, (long)"new" }, 0 },
    { SYS_link, { (long)name, 0 }, 1 },
    { SYS_mkdir, { 0 }, 0 },
    { SYS_rename, { 0, (long)"new" }, 0 },
    { SYS_rename, { (long)name, 0 }, 1 },
    { SYS_getrandom, { 0, 16 }, 0 },
    { SYS_poll, { 0, 1, 0 }, 0 },
    { SYS_kstat, { KSTAT_MEM, 0, sizeof(struct kstat_mem) }, 1 },
    { SYS_kstat, { KSTAT_PROC, 0, 4096 }, 1 },
    { SYS_kstat, { KSTAT_IF, 0, 4096 }, 1 },
    { SYS_kstat, { KSTAT_DROP, 0, 4096 }, 1 },
    { SYS_netctl, { NETCTL_ADDR, 0, sizeof(struct netctl_addr) }, 1 },
    { SYS_send, { 4000, 0x7f000001, 4001, 0, 8 }, 3 },
    { SYS_recv, { 4001, 0, (long)&half, (long)bss, 8 }, 1 },
    { SYS_recv, { 4001, (long)&word, 0, (long)bss, 8 }, 2 },
    { SYS_recv, { 4001, (long)&word, (long)&half, 0, 8 }, 3 },
    { SYS_sockbind, { PEER, 0, sizeof(here) }, 1 },
    { SYS_connect, { PEER, 0, sizeof(here) }, 1 },
    { SYS_sendto, { UDP, 0, 8, 0, (long)&here, sizeof(here) }, 1 },
    { SYS_sendto, { UDP, (long)bss, 8, 0, 0, sizeof(here) }, 4 },
    { SYS_recvfrom, { UDP, 0, 8, MSG_PEEK, 0, 0 }, 1 },
    { SYS_recvfrom, { UDP, (long)bss, 8, MSG_PEEK, 0, (long)&herelen }, 4 },
    { SYS_recvfrom, { UDP, (long)bss, 8, MSG_PEEK, (long)&here, 0 }, 5 },
    { SYS_getsockname, { UDP, 0, (long)&herelen }, 1 },
    { SYS_getsockname, { UDP, (long)&here, 0 }, 2 },
    { SYS_getpeername, { PEER, 0, (long)&herelen }, 1 },
    { SYS_getpeername, { PEER, (long)&here, 0 }, 2 },
    { SYS_setsockopt, { UDP, SOL_SOCKET, SO_RCVBUF, 0, 4 }, 3 },
    { SYS_getsockopt, { UDP, SOL_SOCKET, SO_RCVBUF, 0, (long)&word }, 3 },
    { SYS_getsockopt, { UDP, SOL_SOCKET, SO_RCVBUF, (long)bss, 0 }, 4 },
  };
  int n = sizeof(calls) / sizeof(calls[0]);

  CHECK(n <= most);
  for(int i = 0; i < n; i++){
    to[i] = calls[i];
    if(to[i].a[0] >= PIPE0 && to[i].a[0] < NO_FD)
      to[i].a[0] = fd_of[to[i].a[0] - PIPE0];
  }
  return n;
}

// One more datagram at the lab's port 4001, or 4 more bytes in the pipe: some calls take what they cannot hand over.
static void
supply(const struct call *c)
{
  static const struct call send = { SYS_send, { 4000, 0x7f000001, 4001, 0, 8 }, 3 };

  if(c->number == SYS_recv)
    IS(raw(&send, (uint64)"8 bytes"), 0);
  if(c->number == SYS_read)
    IS(write(fds[1], "more", 4), 4);
  word = 4;
  herelen = sizeof(here);
}

static int
prepare(struct call *calls, int most)
{
  static const struct call lab_bind = { SYS_bind, { 0 }, 0 };
  int udp = MUST(socket(AF_INET, SOCK_DGRAM, 0)), peer = MUST(socket(AF_INET, SOCK_DGRAM, 0));

  here.sin_addr.s_addr = htonl(0x7f000001);
  here.sin_port = htons(4002);
  MUST(bind(udp, (struct sockaddr *)&here, sizeof(here)));
  MUST(connect(peer, (struct sockaddr *)&here, sizeof(here)));
  IS(send(peer, "8 bytes", 8, 0), 8);
  IS(raw(&lab_bind, 4001), 0);
  MUST(pipe(fds));
  ut_make("data", 1, 3000);
  int fd_of[] = { fds[0], fds[1], MUST(open("data", O_RDONLY)), MUST(open("out", O_CREATE | O_WRONLY)), udp, peer };
  return the_calls(calls, most, fd_of);
}

// A call that is given an address of the kernel's says EFAULT, and neither reads nor writes there.
static struct call calls[64];

static void
addresses_in_calls(void)
{
  int n = prepare(calls, 64);

  for(int i = 0; i < n; i++)
    for(int k = 0; k < NKERNELS; k++){
      supply(&calls[i]);
      long got = raw(&calls[i], kernels[k]);
      if(got != -EFAULT)
        FAIL("expected -EFAULT from call %ld with 0x%lx as argument %d, got %ld", calls[i].number, kernels[k], calls[i].at,
             got);
    }
}

// wait() is tried in ut_ptr; the others take no address.
static const uchar without_address[] = {
  SYS_fork, SYS_exit, SYS_wait, SYS_kill, SYS_dup, SYS_getpid, SYS_sbrk, SYS_pause, SYS_sleep, SYS_uptime, SYS_close,
  SYS_bind, SYS_unbind, SYS_socket, SYS_listen, SYS_accept, SYS_shutdown, SYS_fcntl, SYS_halt, SYS_clock, SYS_sync,
  SYS_fgproc, SYS_getppid, SYS_yield, SYS_failalloc, SYS_kdebug, SYS_labconnect, SYS_fsync,
};

// A call that is in neither list is one that nobody has tried.
static void
every_call_is_tried(void)
{
  int n = prepare(calls, 64);

  for(long number = 0; number < SYS_ERRNO; number++){
    int known = 0;
    for(int i = 0; i < n; i++)
      known |= calls[i].number == number;
    for(uint i = 0; i < sizeof(without_address); i++)
      known |= without_address[i] == number;
    if(!known)
      IS(raw(&(struct call){ number, { 0 }, 0 }, 0), -ENOSYS);
  }
}

// ---- a new program ----

// Where a program that was made of this one starts: its registers are zero, but for the stack pointer and main's two
// arguments. Ends with 0 then.
asm("  .text\n"
    "edge_entry:\n"
    "  xor a1, a1, sp\n"
    "  .irp r, ra, gp, tp, t0, t1, t2, s0, s1, a2, a3, a4, a5, a6, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6\n"
    "  or a1, a1, \\r\n"
    "  .endr\n"
    "  andi t0, sp, 15\n"
    "  or a1, a1, t0\n"
    "  addi a0, a0, -2\n"
    "  or a0, a0, a1\n"
    "  snez a0, a0\n"
    "  li a7, 2\n"  // SYS_exit
    "  ecall\n");
extern char edge_entry[];

static void
exec_it(long name)
{
  exec((char *)name, (char *[]){ "ut_edge", "copy", 0 });
  exit(126);
}

// Fields of the ELF64 header and of a program header: offsets.
enum { E_ENTRY = 24, E_PHNUM = 56, PHDRS = 64, PHSIZE = 56, P_OFFSET = 8, P_VADDR = 16, P_FILESZ = 32, P_MEMSZ = 40 };

// A copy of this program; edit() changes its first bytes.
static void
copy_of_me(const char *name, void (*edit)(char *head))
{
  static char piece[4096];
  int from = MUST(open(ME, O_RDONLY)), to = MUST(open(name, O_CREATE | O_WRONLY)), n, at = 0;

  for(; (n = MUST(read(from, piece, sizeof(piece)))) > 0; at += n){
    if(at == 0)
      edit(piece);
    IS(write(to, piece, n), n);
  }
  close(from);
  close(to);
}

static void
starts_elsewhere(char *head)
{
  uint64 entry = (uint64)edge_entry;

  memmove(head + E_ENTRY, &entry, 8);
}

static void
registers_of_new_program(void)
{
  copy_of_me("copy", starts_elsewhere);
  LIVES(exec_it, "copy");
}

// ---- a page that is to be executed, and that nothing of the file fills ----

#define CODE (1UL << 30)  // where it is

// A third segment, as the text's, but elsewhere, and empty.
static void
has_a_code_page(char *head)
{
  char *third = head + PHDRS + 2 * PHSIZE;
  uint64 off, va = CODE, none = 0, page = PGSIZE;

  memmove(&off, head + PHDRS + P_OFFSET, 8);
  CHECK(head[E_PHNUM] == 2 && off >= PHDRS + 3 * PHSIZE);
  memmove(third, head + PHDRS, PHSIZE);
  memmove(third + P_VADDR, &va, 8);
  memmove(third + P_FILESZ, &none, 8);
  memmove(third + P_MEMSZ, &page, 8);
  head[E_PHNUM] = 3;
}

// `ut_edge --code`: a call must not fill it, whether it is there already or not.
static int
check_code_page(void)
{
  if(pipe(fds) < 0 || write(fds[1], &ret, sizeof(ret)) != sizeof(ret) || read(fds[0], (void *)CODE, sizeof(ret)) != -1)
    return 31;
  if(*(volatile int *)CODE != 0 || read(fds[0], (void *)CODE, sizeof(ret)) != -1 || *(volatile int *)CODE != 0)
    return 32;
  return 0;
}

static void
exec_code(long name)
{
  exec((char *)name, (char *[]){ "ut_edge", "--code", 0 });
  exit(126);
}

static void
code_is_not_filled(void)
{
  copy_of_me("code", has_a_code_page);
  LIVES(exec_code, "code");
}

static const struct ut tests[] = {
  { "privileged_instructions", privileged_instructions, 0, 0 },
  { "kernel_ranges", kernel_ranges, 0, 0 },
  { "across_edges", across_edges, 0, 0 },
  { "write_xor_execute", write_xor_execute, 0, 0 },
  { "written_by_calls", written_by_calls, 0, 0 },
  { "addresses_in_calls", addresses_in_calls, 0, 0 },
  { "every_call_is_tried", every_call_is_tried, 0, 0 },
  { "registers_of_new_program", registers_of_new_program, 0, 0 },
  { "code_is_not_filled", code_is_not_filled, 0, 0 },
};

int
main(int argc, char **argv)
{
  if(argc > 1 && strcmp(argv[1], "--code") == 0)
    exit(check_code_page());
  exit(ut_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0])));
}
