#ifndef RXV_PKT_TRACE_H
#define RXV_PKT_TRACE_H
// The trace: one record for each of the last frames that came in or went out, with its first bytes and what became of
// it. While stages are recorded (trace_set), a record also has the time at which its packet came by each stage of its path.
// What the bytes mean is left to the reader of a record: nothing here knows a protocol, or a packet.

#include "core/types.h"
#include "kernel/kstat.h"
#include "pkt/drop.h"

#define TRACE_N 128  // records: a power of 2
#define TRACE_KEPT 64  // ... of which so many, those with stages, are kept until they have been read

// What a packet knows of its record.
struct trace {
  uint32 number;  // 0: none
  uint32 kept;    // 1: the record is this packet's until trace_end(), and its stages are recorded
};

extern int trace_on;  // [a] stages are recorded

// A frame of len bytes at page + at comes in, or goes out: remembered. ifname lives as long as the kernel. The packet that goes
// out keeps the record that it came in with if that has stages.
void trace_in(struct trace *t, const char *ifname, uint64 when, const uint8 *page, uint64 at, uint len);
void trace_out(struct trace *t, const char *ifname, uint64 when, const uint8 *page, uint64 at, uint len);
// A program sends a packet: a record with stages, before the packet is a frame.
void trace_send(struct trace *t);
void trace_came_now(void);
void trace_mark(const struct trace *t, int stage);
// The packet is dropped, and will be freed; its bytes are shown if it never was a frame.
void trace_drop(const struct trace *t, int why, const uint8 *page, uint64 at, uint len);
void trace_end(struct trace *t);  // the path of a packet whose record is kept ends

// This hart polls a ring, was interrupted, or begins to send.
static inline void
trace_came(void)
{
  if(unlikely(trace_on))
    trace_came_now();
}

void trace_set(int on);  // on: records that are kept and over are forgotten, and make room
int trace_record(int i, void *rec);  // 1: filled, a struct kstat_trace; 0: number i is empty, or being written; -1: no number i

#endif
