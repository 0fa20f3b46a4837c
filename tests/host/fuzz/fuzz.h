#ifndef HOST_FUZZ_H
#define HOST_FUZZ_H
// A fuzz target: a function that takes any bytes, and what it stands on. Includes neither libc's headers nor the kernel's.
//
// A program holds the targets of one family (net, fs, user: what they need from the floors below is the same). Before each
// input its memory is again as it was after fuzz_boot() and the target's start: an input means the same whatever came
// before it. Each input runs twice, with other bytes in all memory that nobody has set; whatever leaves the kernel goes
// into fuzz_digest(), and must be the same both times, or bytes that nobody has set have left it.

typedef unsigned char fuzz_byte;

struct input {
  const fuzz_byte *at, *end;
};

struct fuzz_target {
  const char *name;
  void (*start)(void);             // once, after fuzz_boot(); 0: nothing
  void (*one)(struct input *in);
  struct fuzz_target *next;
};

void fuzz_register(struct fuzz_target *t);

// FUZZ(name, start) { ... in ... }
#define FUZZ(name, start)                                                      \
  static void fuzz_##name(struct input *in);                                   \
  static void __attribute__((constructor)) register_##name(void)               \
  {                                                                            \
    static struct fuzz_target t = { #name, start, fuzz_##name, 0 };            \
    fuzz_register(&t);                                                         \
  }                                                                            \
  static void fuzz_##name(struct input *in)

// ---- the family's side
void fuzz_boot(void);                                           // once
void fuzz_pages(void (*fn)(void *page, unsigned long bytes));   // calls fn for each piece of memory outside .data and
                                                                // .bss that is part of the machine now
void fuzz_drop_pages(void);    // the machine is about to be put back: what it has now is nobody's
void fuzz_take_pages(void);    // it has been put back: what it has is its again
void fuzz_junk(fuzz_byte with);  // what fresh memory is full of from now on

// ---- driver.c's
void fuzz_digest(const void *p, unsigned long n);
void fuzz_digest_number(long v);
void fuzz_fail(const char *fmt, ...) __attribute__((noreturn, format(__printf__, 1, 2)));  // a property does not hold

// ---- bytes of an input; behind its end there are zeros
static inline unsigned long
in_left(const struct input *in)
{
  return in->end - in->at;
}

static inline unsigned
in8(struct input *in)
{
  return in->at < in->end ? *in->at++ : 0;
}

static inline unsigned
in16(struct input *in)
{
  unsigned high = in8(in);
  return high << 8 | in8(in);
}

static inline unsigned
in32(struct input *in)
{
  unsigned high = in16(in);
  return high << 16 | in16(in);
}

// At most n bytes, as they lie in the input: how many.
static inline unsigned
in_bytes(struct input *in, unsigned n, const fuzz_byte **at)
{
  if(n > in_left(in))
    n = in_left(in);
  *at = in->at;
  in->at += n;
  return n;
}

#endif
