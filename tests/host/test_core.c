#include "fixture.h"
#include "core/list.h"

// --- list ---

struct item {
  int value;
  struct list link;
};

static int
values(struct list *l)
{
  int v = 0;
  list_each(n, l)
    v = v * 10 + container_of(n, struct item, link)->value;
  return v;
}

// add puts behind the last, push before the first, pop takes the first.
TEST(list_order)
{
  LIST(l);
  struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };
  CHECK(list_empty(&l));
  CHECK(list_pop(&l) == 0);
  list_add(&l, &a.link);
  list_add(&l, &b.link);
  list_push(&l, &c.link);
  CHECK_EQ(values(&l), 312);
  CHECK(list_pop(&l) == &c.link);
  CHECK_EQ(values(&l), 12);
  CHECK(!list_empty(&l));
}

// What is taken out, anywhere, is a list of its own: taking it out again does no harm.
TEST(list_delete)
{
  LIST(l);
  struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };
  list_add(&l, &a.link);
  list_add(&l, &b.link);
  list_add(&l, &c.link);
  list_del(&b.link);
  list_del(&b.link);
  CHECK(list_empty(&b.link));
  CHECK_EQ(values(&l), 13);
  list_del(&a.link);
  list_del(&c.link);
  CHECK(list_empty(&l));
}

// --- string: against a byte-wise reading of what each function promises ---

#define N 160

static uint8 src[N + 64] __attribute__((aligned(16))), dst[N + 64] __attribute__((aligned(16)));

// Every alignment of both ends, every length around a few words, nothing written beside.
TEST(string_memcpy)
{
  rand_bytes(src, sizeof(src));
  for(uint s = 0; s < 16; s++)
    for(uint d = 0; d < 16; d++)
      for(uint n = 0; n < N; n += n < 40 ? 1 : 13){
        for(uint i = 0; i < sizeof(dst); i++)
          dst[i] = 0x5c;
        CHECK(memcpy(dst + d, src + s, n) == dst + d);
        for(uint i = 0; i < sizeof(dst); i++){
          uint8 want = i >= d && i < d + n ? src[s + i - d] : 0x5c;
          if(dst[i] != want)
            test_fail(__FILE__, __LINE__, "memcpy(+%u, +%u, %u): byte %u", d, s, n, i);
        }
      }
}

// Overlap in both directions, at every distance.
TEST(string_memmove)
{
  static uint8 copy[N + 64];
  for(uint s = 0; s < 40; s++)
    for(uint d = 0; d < 40; d++)
      for(uint n = 0; n < N; n += n < 40 ? 1 : 17){
        for(uint i = 0; i < sizeof(dst); i++)
          dst[i] = copy[i] = i * 7;
        CHECK(memmove(dst + d, dst + s, n) == dst + d);
        for(uint i = 0; i < sizeof(dst); i++){
          uint8 want = i >= d && i < d + n ? copy[s + i - d] : copy[i];
          if(dst[i] != want)
            test_fail(__FILE__, __LINE__, "memmove(+%u, +%u, %u): byte %u", d, s, n, i);
        }
      }
}

TEST(string_memset)
{
  for(uint d = 0; d < 16; d++)
    for(uint n = 0; n < N; n++){
      for(uint i = 0; i < sizeof(dst); i++)
        dst[i] = 0x5c;
      CHECK(memset(dst + d, 0x1c3, n) == dst + d);
      for(uint i = 0; i < sizeof(dst); i++)
        CHECK_EQ(dst[i], i >= d && i < d + n ? 0xc3 : 0x5c);
    }
}

static int
sign(int v)
{
  return (v > 0) - (v < 0);
}

// The first byte that differs decides, as an unsigned number, at every alignment and place.
TEST(string_memcmp)
{
  for(uint a = 0; a < 9; a++)
    for(uint b = 0; b < 9; b++)
      for(uint n = 0; n < 70; n += 3){
        memset(src, 'x', sizeof(src));
        memset(dst, 'x', sizeof(dst));
        CHECK_EQ(memcmp(src + a, dst + b, n), 0);
        for(uint at = 0; at < n; at += 5){
          src[a + at] = 0xff;
          src[a + at + 1] = 0;
          CHECK_EQ(sign(memcmp(src + a, dst + b, n)), 1);
          CHECK_EQ(sign(memcmp(dst + b, src + a, n)), -1);
          src[a + at] = src[a + at + 1] = 'x';
        }
      }
}

TEST(string_strings)
{
  char b[8];
  CHECK_EQ(strlen(""), 0);
  CHECK_EQ(strlen("rxv"), 3);
  CHECK_EQ(strcmp("", ""), 0);
  CHECK_EQ(sign(strcmp("a", "b")), -1);
  CHECK_EQ(sign(strcmp("ab", "a")), 1);
  CHECK_EQ(sign(strcmp("\xff", "a")), 1);
  CHECK_EQ(strncmp("abc", "abd", 2), 0);
  CHECK_EQ(sign(strncmp("abc", "abd", 3)), -1);
  CHECK_EQ(strncmp("a", "a", 100), 0);
  CHECK_EQ(strncmp("a", "b", 0), 0);
  CHECK_TEXT(safestrcpy(b, "short", sizeof(b)), "short");
  CHECK_TEXT(safestrcpy(b, "much too long", sizeof(b)), "much to");
  CHECK_TEXT(safestrcpy(b, "x", 1), "");
}

// --- printf ---

static char out[128];

#define PRINTS(want, ...)                                       \
  do {                                                          \
    CHECK_EQ(snprintf(out, sizeof(out), __VA_ARGS__), strlen(want)); \
    CHECK_TEXT(out, want);                                      \
  } while(0)

TEST(printf_integers)
{
  PRINTS("0 1 -1 4294967295", "%d %d %d %u", 0, 1, -1, -1);
  PRINTS("-2147483648", "%d", (int)0x80000000);
  PRINTS("2147483647", "%i", 0x7fffffff);
  PRINTS("ff FF 0", "%x %X %x", 255, 255, 0);
  PRINTS("-9223372036854775808", "%ld", (long)(1UL << 63));
  PRINTS("18446744073709551615", "%lu", ~0UL);
  PRINTS("deadbeefcafebabe", "%lx", 0xdeadbeefcafebabeUL);
  PRINTS("123456789012", "%lld", 123456789012LL);
}

TEST(printf_width)
{
  PRINTS("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
  PRINTS("[  -42][-42  ][-0042]", "[%5d][%-5d][%05d]", -42, -42, -42);
  PRINTS("[123456]", "[%3d]", 123456);
  PRINTS("[  ab][ab  ]", "[%4s][%-4s]", "ab", "ab");
  PRINTS("[0000beef]", "[%08x]", 0xbeef);
}

TEST(printf_strings)
{
  PRINTS("a % sign", "%s %% %s", "a", "sign");
  PRINTS("x", "%c", 'x');
  PRINTS("", "%s", "");
}

// Addresses: IPv4 in host order, MAC by bytes.
TEST(printf_addresses)
{
  PRINTS("10.0.2.15", "%I", OUR_IP);
  PRINTS("255.255.255.255 0.0.0.0", "%I %I", 0xffffffff, 0);
  PRINTS("52:54:00:12:34:56", "%M", our_mac);
}

// A buffer that is too small is filled, ended, and not passed; the result is what would have been needed.
TEST(printf_bounded)
{
  char b[8] = "zzzzzzz";
  CHECK_EQ(snprintf(b, 4, "%d", 123456), 6);
  CHECK_TEXT(b, "123");
  CHECK_EQ(b[4], 'z');
  CHECK_EQ(snprintf(b, 1, "abc"), 3);
  CHECK_EQ(b[0], 0);
  CHECK_EQ(b[1], '2');
}

// A message of the kernel's does not hang on to a program's half line.
TEST(printf_on_a_line_of_its_own)
{
  uint at = strlen(console());
  printf_midline = 1;
  printf("a");
  printf("b\n");
  CHECK_TEXT(console() + at, "\nab\n");
}
