#ifndef HOST_FS_HOST_H
#define HOST_FS_HOST_H
// What the shim needs from libc, so that no file includes both libc's headers and the kernel's; and what the two
// halves of the test know of each other.

// ---- host.c
unsigned long host_nanoseconds(void);
void host_thread(void (*fn)(void *), void *arg);
void host_pause(void);                        // let others run
void host_wait(int slot);                     // until host_wake(slot): a semaphore a slot
int host_wait_until(int slot, unsigned long nanoseconds);  // of host_nanoseconds(); 0: woken, 1: time is up
void host_wake(int slot);
void *host_page(void);                        // 4096 bytes of junk
void host_free(void *page);
void host_write(const char *s, int n);
void host_fail(const char *fmt, ...) __attribute__((noreturn, format(__printf__, 1, 2)));

// ---- the disk: BSIZE blocks in memory that processes share
extern unsigned char *disk;
extern unsigned disk_blocks;

// What happened to the disk, in order, as far as there is room. Written by the child that runs the workload.
enum event_kind { EVENT_WRITE, EVENT_FLUSH, EVENT_SYNCED };
struct event {
  int kind;
  unsigned block;                // EVENT_WRITE
  unsigned version, records;     // EVENT_SYNCED: what is durable from here on
  unsigned char data[1024];      // EVENT_WRITE
};
#define MAXEVENTS 30000
struct trace {
  int on;
  unsigned n;
  struct event event[MAXEVENTS];
};
extern struct trace *trace;

// From now on so many of 1000 fail; some of the writes that fail are done all the same.
void fail_transfers(int reads_permille, int writes_permille);

// ---- workload.c: each in a process of its own. They end by host_fail() or by returning.
void run_workload(unsigned seed, int steps, int errors);  // with trace; errors: writes may fail
void check_recovered(unsigned version, unsigned records); // what was synced is there; the file system works
void run_crowd(unsigned seed, int threads, int steps);    // many threads
void run_errors(unsigned seed, int steps);                // the disk fails now and then
void run_full(unsigned seed, int threads, int steps);     // there is hardly any room
void run_bad_image(void);                                 // anything may be on the disk: only no crash, no hang
void run_pipes(unsigned seed);

extern int verbose;

#endif
