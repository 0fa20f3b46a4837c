// The constants, with the values that programs rely on; the includes in the order of xv6's larger programs.

#include "kernel/param.h"
#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"
#include "kernel/fs.h"
#include "kernel/fcntl.h"
#include "kernel/syscall.h"
#include "kernel/memlayout.h"
#include "kernel/riscv.h"
#include "kernel/vm.h"

#define IS(a, b) _Static_assert((a) == (b), #a)

IS(NPROC, 64); IS(NCPU, 8); IS(NOFILE, 16); IS(NFILE, 100); IS(NINODE, 50); IS(NDEV, 10); IS(ROOTDEV, 1);
IS(MAXARG, 32); IS(MAXOPBLOCKS, 10); IS(MAXPATH, 128);
_Static_assert(LOGBLOCKS >= MAXOPBLOCKS*3, "LOGBLOCKS");
_Static_assert(NBUF >= MAXOPBLOCKS*3, "NBUF");
_Static_assert(FSSIZE >= 2000, "FSSIZE");
_Static_assert(USERSTACK >= 1, "USERSTACK");

IS(BSIZE, 1024); IS(NDIRECT, 12); IS(NINDIRECT, 256); IS(MAXFILE, 268); IS(DIRSIZ, 14); IS(ROOTINO, 1);
IS(sizeof(struct dirent), 16); IS(sizeof(struct dinode), 64); IS(sizeof(struct superblock), 32);
IS(__builtin_offsetof(struct dirent, name), 2); IS(IPB, 16); IS(BPB, 8192); IS(FSMAGIC, 0x10203040);

IS(O_RDONLY, 0); IS(O_WRONLY, 1); IS(O_RDWR, 2); IS(O_CREATE, 0x200); IS(O_TRUNC, 0x400);
IS(T_DIR, 1); IS(T_FILE, 2); IS(T_DEVICE, 3);
IS(sizeof(struct stat), 24); IS(__builtin_offsetof(struct stat, size), 16); IS(__builtin_offsetof(struct stat, type), 8);
IS(sizeof(((struct stat*)0)->dev), 4); IS(sizeof(((struct stat*)0)->nlink), 2);

IS(PGSIZE, 4096); IS(PGSHIFT, 12); IS(MAXVA, 1L << (9+9+9+12-1)); IS(KERNBASE, 0x80000000L);
IS(PHYSTOP, KERNBASE + 128*1024*1024); IS(TRAMPOLINE, MAXVA - PGSIZE); IS(TRAPFRAME, TRAMPOLINE - PGSIZE);
IS(PTE_V, 1); IS(PTE_R, 2); IS(PTE_W, 4); IS(PTE_X, 8); IS(PTE_U, 16); IS(PTE_FLAGS(0x20001c5b), 0x5b);
IS(PTE2PA(0x20001c5bL), 0x80007000L); IS(PA2PTE(0x80007000L), 0x20001c00L); IS(PX(2, 0x3fffffe000L), 255); IS(PX(1, 0x3fffffe000L), 511);
IS(PX(0, 0x3fffffe000L), 510); IS(sizeof(pte_t), 8); IS(sizeof(pagetable_t), 8);
IS(PGROUNDUP(4097), 8192); IS(PGROUNDDOWN(4097), 4096); IS(SBRK_EAGER, 1); IS(SBRK_LAZY, 2);

IS(SYS_fork, 1); IS(SYS_exit, 2); IS(SYS_wait, 3); IS(SYS_pipe, 4); IS(SYS_read, 5); IS(SYS_kill, 6); IS(SYS_exec, 7);
IS(SYS_fstat, 8); IS(SYS_chdir, 9); IS(SYS_dup, 10); IS(SYS_getpid, 11); IS(SYS_sbrk, 12); IS(SYS_pause, 13);
IS(SYS_sleep, 13); IS(SYS_uptime, 14); IS(SYS_open, 15); IS(SYS_write, 16); IS(SYS_mknod, 17); IS(SYS_unlink, 18);
IS(SYS_link, 19); IS(SYS_mkdir, 20); IS(SYS_close, 21);
IS(SYS_bind, 29); IS(SYS_unbind, 30); IS(SYS_send, 31); IS(SYS_recv, 32);

IS(sizeof(uchar), 1); IS(sizeof(ushort), 2); IS(sizeof(uint), 4); IS(sizeof(uint8), 1); IS(sizeof(uint16), 2);
IS(sizeof(uint32), 4); IS(sizeof(uint64), 8); IS(sizeof(pde_t), 8);

char buf[BSIZE];

int
main(int argc, char *argv[])
{
  uint64 sp = r_sp();
  char *end = sbrk(0);

  if(sp >= (uint64)MAXVA || (uint64)end >= (uint64)MAXVA)
    exit(1);
  exit(0);
}
