#ifndef RXV_MEMLAYOUT_H
#define RXV_MEMLAYOUT_H
// Addresses that programs written for xv6 name. rxv maps none of them into a process: the kernel lives in
// the upper half of the address space (kernel/mm/layout.h), and finds memory and devices by itself.

#define KERNBASE 0x80000000L                    // physical: first byte of RAM, where harts start
#define PHYSTOP (KERNBASE + 128 * 1024 * 1024)  // physical: end of RAM in the usual machine of 128 MB
#define TRAMPOLINE (MAXVA - PGSIZE)             // user: last page of the lower half; nothing is there
#define TRAPFRAME (TRAMPOLINE - PGSIZE)         // user: nothing is there either

#endif
