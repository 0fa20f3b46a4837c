#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H
// Pages of the system's, and the address sanitizer's word on who may touch them, for each program that runs the kernel's
// files on this host.

void *host_pages(unsigned long bytes);              // page-aligned, from the system
void host_poison(void *p, unsigned long n);         // touching it is an error from now on
void host_unpoison(void *p, unsigned long n);

#endif
