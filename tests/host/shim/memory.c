// See memory.h.

#include "memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

#ifdef ASAN
void __asan_poison_memory_region(void const volatile *p, unsigned long n);
void __asan_unpoison_memory_region(void const volatile *p, unsigned long n);

// Leaks are counted in packets, pages and blocks, after each test.
const char *
__asan_default_options(void)
{
  return "detect_leaks=0";
}
#endif

void *
host_pages(unsigned long bytes)
{
  void *p = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if(p == MAP_FAILED){
    perror("mmap");
    exit(2);
  }
#ifdef MADV_HUGEPAGE
  madvise(p, bytes, MADV_HUGEPAGE);  // tests fill megabytes of it: a fault for each 4 KB takes longer than the tests do
#endif
  return p;
}

void
host_poison(void *p, unsigned long n)
{
#ifdef ASAN
  __asan_poison_memory_region(p, n);
#else
  (void)p, (void)n;
#endif
}

void
host_unpoison(void *p, unsigned long n)
{
#ifdef ASAN
  __asan_unpoison_memory_region(p, n);
#else
  (void)p, (void)n;
#endif
}
