#ifndef RXV_NET_NETSTAT_H
#define RXV_NET_NETSTAT_H
// What the network tells about itself, and how it is changed: for kstat(), netctl() and the console's ^N.

#include "core/types.h"
#include "kernel/kstat.h"
#include "kernel/netctl.h"

#define NETSTAT_RECMAX 288  // bytes of the largest record
#define NETSTAT_END (-1)

// A kind of records. record: fills number i: 1: done; 0: number i is empty; -1: no number i. 0: there is no such kind.
struct kstat_kind {
  uint size;
  int (*record)(int i, void *rec);
};
#define KSTAT_KIND(what, type, fn) [KSTAT_##what] = { sizeof(struct type), fn }

// Record number i of kind k into rec, NETSTAT_RECMAX bytes. result: as netstat_record().
int kstat_fill(const struct kstat_kind *k, int i, void *rec);

// Record number i of kind `what` (KSTAT_IF, RING, SOCK, ARP, ROUTE, DROP, NET, TRACE, TUNE) into rec, NETSTAT_RECMAX bytes.
// result: its bytes; 0: number i is empty, go on with the next; NETSTAT_END: no such number, or no such kind.
// lock:   takes one spinlock at a time; none is held on return.
int netstat_record(int what, int i, void *rec);

// netctl(): op NETCTL_..., rec a copy in the kernel of what the program gave. 0, or -E...
int netctl(uint64 op, const void *rec, uint n);
uint netctl_size(uint64 op);  // bytes of the record that op takes; ~0: no such op

void netstat_dump(void);   // on the console; takes no lock

// The sockets' part of struct kstat_mem.
void netstat_socks(struct kstat_mem *m);

#endif
