#ifndef RXV_NET_SOCKMEM_H
#define RXV_NET_SOCKMEM_H
// How many packets may wait in sockets: all together never more than their part of the pool (PART_SOCKS); the sockets of
// one process never more than half of what they share; and each socket a few, each process one, however full the others are.
// (With more sockets than the pool has packets for, a few are none.)

#include "core/types.h"

struct sock;
struct sockaccount;  // what the sockets of one process have

void sockmem_add_account(struct sockaccount *a);  // zeroed memory for one more: there are as many as sockets

void sockmem_open(struct sock *s);   // of the process s->pid
void sockmem_close(struct sock *s);  // it holds nothing any more
// May s, that holds so many datagrams, hold one of n packets more? 1: they are counted.
int sockmem_take(struct sock *s, uint datagrams, uint n);
void sockmem_give(struct sock *s, uint n);

// A message of more than SOCK_PAGE bytes is about to be made. 1: it may, and is counted until sockmem_sent(); 0: too many are
// (PART_SEND). What fits one packet needs no leave: there is one a process at the most.
int sockmem_send(uint64 bytes);
void sockmem_sent(uint64 bytes);

#endif
