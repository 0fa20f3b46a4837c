#ifndef RXV_PROVOKE_H
#define RXV_PROVOKE_H
// kdebug(what, KDEBUG_KEY): what the debug build's checks have measured, on the console; or a mistake on purpose, which
// must end in a panic. -1 and EOPNOTSUPP in a release build, EINVAL with another key (no call by chance stops a machine).

#define KDEBUG_KEY 0x6f6e707572706f73
#define KDEBUG_REPORT 0  // others: PROVOKE_...

// X(id, name, text)
#define PROVOKE(X)                                                                       \
  X(RELOCK, "relock", "acquire a lock that this hart holds")                            \
  X(ORDER, "order", "acquire two locks in the wrong order")                             \
  X(SLEEP, "sleep", "sleep with another lock held")                                     \
  X(SLEEPLOCK, "sleeplock", "ask for a sleep lock with a spinlock held")                \
  X(SLEEPORDER, "sleeporder", "lock an i-node, then a second one")                      \
  X(FAULT, "fault", "need a page of the program with an i-node locked")                  \
  X(YIELD, "yield", "give the hart up with interrupts off")                             \
  X(COPY, "copy", "touch user memory with a lock held")                                 \
  X(LEAVE, "leave", "go back to the program with a lock held")                          \
  X(WAIT, "wait", "wait for a lock that nobody lets go (needs two harts)")              \
  X(PKT_FREE, "pkt-free", "free a packet twice")                                        \
  X(PKT_USE, "pkt-use", "use a packet that is free")                                    \
  X(PKT_WRITE, "pkt-write", "write to a packet's page that is free")                    \
  X(PKT_QUEUES, "pkt-queues", "put a packet into two queues")                           \
  X(PKT_QUEUED, "pkt-queued", "free a packet that stands in a queue")                   \
  X(PKT_OWNER, "pkt-owner", "hand over a packet that is a socket's, as a card")         \
  X(PKT_FRONT, "pkt-front", "write in front of a packet's headroom")                    \
  X(PKT_END, "pkt-end", "write behind a packet's end")                                  \
  X(DMA, "dma", "send a card to memory that is no packet's (needs a card)")             \
  X(PAGE_FREE, "page-free", "free a page twice")                                        \
  X(PAGE_WRITE, "page-write", "write to a page that is free")                           \
  X(STACK, "stack", "use nearly all of the kernel stack, and sleep")                    \
  X(OVERFLOW, "overflow", "use more than all of the kernel stack")                      \
  X(SHIFT, "shift", "shift by more bits than there are")                                \
  X(INDEX, "index", "an index outside its array")                                       \
  X(SUM, "sum", "a sum that overflows")                                                 \
  X(ALIGN, "align", "a pointer that is not aligned")                                    \
  X(NULL, "null", "a null pointer")                                                     \
  X(HANG, "hang", "a loop that never ends, without interrupts")                         \
  X(IRQS, "irqs", "half a second without interrupts: no panic, but the report shows it")

enum {
  PROVOKE_NOTHING,
#define X(id, name, text) PROVOKE_##id,
  PROVOKE(X)
#undef X
  NPROVOKE
};

#endif
