#ifndef RXV_USER_BENCH_H
#define RXV_USER_BENCH_H
// What bench/gen says to the guest under measurement, and what the guest answers: UDP payloads. The same text is
// compiled for rxv (user/bench/benchd.c), for a Linux guest, for the bare-metal limit and for the host, so it uses plain C
// types only. Numbers are little-endian, as they lie on all four.

#define BENCH_PORT 7007    // the guest's
#define BENCH_MAGIC 0xb7   // in each message; anything else that arrives is ignored
#define BENCH_MIN 18       // bytes of payload in the shortest frame (60): a struct bench_head fits in all of them

enum {
  BENCH_ECHO = 1,    // comes back as it is
  BENCH_COUNT = 2,   // is only counted
  BENCH_REPORT = 3,  // a struct bench_ctl comes back, with the counts since the program started
  BENCH_SEND = 4,    // a struct bench_ctl asks for datagrams; BENCH_DATA come, numbered from 0
  BENCH_DATA = 5,
  BENCH_QUIT = 6,    // comes back as it is, and the program ends
};

struct bench_head {
  unsigned char op;      // BENCH_...
  unsigned char magic;   // BENCH_MAGIC
  unsigned short run;    // of the generator: an answer to an earlier run is no answer
  unsigned int seq;      // one more with each message of a run
};

struct bench_ctl {
  struct bench_head head;
  union {
    struct {
      unsigned long long messages, bytes;  // of BENCH_COUNT that the program received, and their payload
      unsigned long long misordered;       // of those, with a smaller seq than one before in the same run
      unsigned long long unsent;           // sends that failed, of any kind
    } report;
    struct {
      unsigned long long messages, bytes;  // how many, and the payload of each: BENCH_MIN to 1472
      unsigned long long burst;            // the limit program rings the card's bell once for so many
    } send;
  };
};

#endif
