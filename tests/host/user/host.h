#ifndef HOST_USER_HOST_H
#define HOST_USER_HOST_H
// What the tests of user/lib have from the host. Plain C types only: both sides include it.

struct test {
  const char *name;
  int line;
  void (*fn)(void);
  struct test *next;
};

void test_register(struct test *t);
void test_fail(int line, const char *fmt, ...) __attribute__((noreturn, format(__printf__, 2, 3)));

// Reads of descriptor 0 give these bytes, at most `piece` at a time.
void host_input(const char *bytes, unsigned n, unsigned piece);
// What was written to descriptors 1 and 2 since the last call, ended by a zero.
const char *host_output(void);
// A copy in memory of exactly its size, watched by the sanitizer, until host_free().
void *host_copy(const void *p, unsigned n);
void host_free(void *p);
extern unsigned long host_heap;   // bytes that sbrk may still give
extern unsigned host_writes;      // calls of write

// TEST(name) { ... }: a sentence of intent as a comment above it.
#define TEST(name)                                                \
  static void name(void);                                         \
  static void __attribute__((constructor)) register_##name(void)  \
  {                                                               \
    static struct test t = { #name, __LINE__, name, 0 };          \
    test_register(&t);                                            \
  }                                                               \
  static void name(void)

#define CHECK(e)                                        \
  do {                                                  \
    if(!(e))                                            \
      test_fail(__LINE__, "%s does not hold", #e);      \
  } while(0)
#define CHECK_EQ(a, b)                                                                      \
  do {                                                                                      \
    long a_ = (long)(a), b_ = (long)(b);                                                    \
    if(a_ != b_)                                                                            \
      test_fail(__LINE__, "%s is %ld (0x%lx), and should be %ld (0x%lx)", #a, a_, a_, b_, b_); \
  } while(0)
#define CHECK_TEXT(a, b)                                              \
  do {                                                                \
    const char *a_ = (a), *b_ = (b);                                  \
    if(strcmp(a_, b_) != 0)                                           \
      test_fail(__LINE__, "%s is \"%s\", and should be \"%s\"", #a, a_, b_); \
  } while(0)

// A number below n, from a seed that is the same each time.
unsigned host_random(unsigned n);

#endif
