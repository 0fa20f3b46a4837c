// printf, malloc, strings, options, lines, addresses.

#include "host.h"
#include "user/dir.h"
#include "user/regex.h"
#include "user/rxv.h"
#include "user/user.h"

static char text[512];

static const char *
fmt(const char *f, ...)
{
  va_list ap;
  va_start(ap, f);
  vsnprintf(text, sizeof(text), f, ap);
  va_end(ap);
  return text;
}

// Each conversion, with width, precision and flags, as C has them.
TEST(printf_numbers)
{
  CHECK_TEXT(fmt("%d %i %u", -5, 0, 4294967295u), "-5 0 4294967295");
  CHECK_TEXT(fmt("%d", (int)0x80000000), "-2147483648");
  CHECK_TEXT(fmt("%ld %lld", (long)(1ul << 63), -1ll), "-9223372036854775808 -1");
  CHECK_TEXT(fmt("[%5d|%-5d|%05d|%+d]", 42, 42, -42, 42), "[   42|42   |-0042|+42]");
  CHECK_TEXT(fmt("[%.3d|%5.3d|%*d|%-*d|%*d]", 7, 7, 4, 7, 4, 7, -4, 7), "[007|  007|   7|7   |7   ]");
  CHECK_TEXT(fmt("%x %X %#x %o %08x", 0xbeef, 0xbeef, 255, 8, 0x1f), "beef BEEF 0xff 10 0000001f");
  CHECK_TEXT(fmt("%lu %lx %zu", ~0ul, ~0ul, sizeof(long)), "18446744073709551615 ffffffffffffffff 8");
}

TEST(printf_text)
{
  CHECK_TEXT(fmt("%p", (void *)0x1234), "0x0000000000001234");
  CHECK_TEXT(fmt("%s %s", "a", (char *)0), "a (null)");
  CHECK_TEXT(fmt("[%5s|%-5s|%.2s|%.*s]", "abc", "abc", "abc", 1, "abc"), "[  abc|abc  |ab|a]");
  CHECK_TEXT(fmt("%c%c%%", 'x', 'y'), "xy%");
  CHECK_TEXT(fmt("%y %"), "%y ");
}

// A buffer that is too small is filled, ended and never passed; the length is what it wanted to have.
TEST(printf_bounded)
{
  char b[8];
  memset(b, 'z', sizeof(b));
  CHECK_EQ(snprintf(b, 4, "%d", 123456), 6);
  CHECK_TEXT(b, "123");
  CHECK_EQ(b[4], 'z');
  CHECK_EQ(snprintf(b, 0, "abc"), 3);
  CHECK_EQ(b[0], '1');
  CHECK_EQ(snprintf(b, 1, "abc"), 3);
  CHECK_TEXT(b, "");
}

// One line is one write, so that lines of two processes do not mix; long output is complete.
TEST(printf_writes)
{
  printf("%s %d\n", "one line", 1);
  CHECK_EQ(host_writes, 1);
  CHECK_TEXT(host_output(), "one line 1\n");
  printf("%600s|", "x");
  CHECK_EQ(strlen(host_output()), 601);
}

// Blocks never overlap, keep their contents, and are aligned, whatever the order of calls.
TEST(malloc_random)
{
  enum { N = 200 };
  static struct {
    uint8 *p;
    uint n;
  } b[N];
  for(int i = 0; i < 100000; i++){
    uint k = host_random(N);
    if(b[k].p){
      for(uint j = 0; j < b[k].n; j++)
        CHECK_EQ(b[k].p[j], (uint8)(k + j));
      if(host_random(4) == 0){
        uint n = host_random(2000);
        b[k].p = realloc(b[k].p, n);
        CHECK(b[k].p != 0);
        for(uint j = 0; j < b[k].n && j < n; j++)
          CHECK_EQ(b[k].p[j], (uint8)(k + j));
        b[k].n = n;
        for(uint j = 0; j < n; j++)
          b[k].p[j] = k + j;
        continue;
      }
      free(b[k].p);
      b[k].p = 0;
    } else {
      b[k].n = host_random(10) ? host_random(300) : host_random(50000);
      b[k].p = malloc(b[k].n);
      CHECK(b[k].p != 0);
      CHECK_EQ((uint64)b[k].p % 16, 0);
      for(uint j = 0; j < b[k].n; j++)
        b[k].p[j] = k + j;
    }
  }
}

// What is freed joins its neighbours: all the heap can be had in one piece again, time after time.
TEST(malloc_coalesces)
{
  void *p[64];
  host_heap = 2 << 20;
  for(int round = 0; round < 50; round++){
    for(int i = 0; i < 64; i++)
      CHECK((p[i] = malloc(20000)) != 0);
    for(int i = 0; i < 64; i++)
      free(p[(i * 37) % 64]);
    void *big = malloc(64 * 20000);
    CHECK(big != 0);
    free(big);
  }
}

// Too much is 0 and harms nothing; the rest of the heap can still be had.
TEST(malloc_exhausted)
{
  host_heap = 1 << 20;
  CHECK(malloc(~0u) == 0);
  CHECK(malloc(0x7fffffff) == 0);
  CHECK(malloc(2 << 20) == 0);
  int n = 0;
  while(malloc(1000))
    n++;
  CHECK(n > 900);
  CHECK(malloc(0) != 0 || n > 900);
  CHECK(calloc(0x10000, 0x10001) == 0);
}

TEST(memory_calls)
{
  static uint8 a[200], b[200];
  for(uint n = 0; n < 80; n++){
    for(uint from = 0; from < 10; from++){
      for(uint to = 0; to < 10; to++){
        for(uint i = 0; i < sizeof(a); i++)
          a[i] = b[i] = i;
        memmove(a + to, a + from, n);
        for(uint i = 0; i < sizeof(a); i++)
          CHECK_EQ(a[i], i >= to && i < to + n ? b[i - to + from] : b[i]);
      }
      memset(a + from, n, n);
      for(uint i = 0; i < n; i++)
        CHECK_EQ(a[from + i], n);
    }
  }
  CHECK(memcmp("abc", "abd", 3) < 0 && memcmp("abc", "abd", 2) == 0 && memcmp("\xff", "a", 1) > 0);
}

// As xv6 has them, where C is different: strchr() never finds the end, atoi() knows digits only.
TEST(strings)
{
  CHECK(strchr("abc", 0) == 0);
  CHECK_TEXT(strchr("abcb", 'b'), "bcb");
  CHECK_TEXT(strrchr("abcb", 'b'), "b");
  CHECK_EQ(atoi("12x"), 12);
  CHECK_EQ(atoi("-5"), 0);
  CHECK(strcmp("a\xff", "ab") > 0);
  CHECK_EQ(strncmp("abc", "abd", 2), 0);
  CHECK_TEXT(strstr("hello", "ll"), "llo");
  CHECK(strstr("hello", "lx") == 0);
  char b[4];
  CHECK_EQ(strlcpy(b, "abcdef", sizeof(b)), 6);
  CHECK_TEXT(b, "abc");
  CHECK_EQ(strlcat(b, "x", sizeof(b)), 4);
  CHECK_TEXT(b, "abc");
  CHECK_TEXT(basename("/a/b"), "b");
}

TEST(numbers)
{
  uint64 v = 9;
  CHECK(parse_uint("", 10, &v) < 0 && parse_uint("x", 10, &v) < 0 && parse_uint("-1", 10, &v) < 0);
  CHECK(parse_uint("1 ", 10, &v) < 0 && parse_uint("11", 10, &v) < 0 && parse_uint("0x", 10, &v) < 0);
  CHECK(parse_uint("18446744073709551616", ~0ul, &v) < 0);
  CHECK_EQ(v, 9);
  CHECK(parse_uint("10", 10, &v) == 0 && v == 10);
  CHECK(parse_uint("18446744073709551615", ~0ul, &v) == 0 && v == ~0ul);
  CHECK(parse_uint("0xfF", 255, &v) == 0 && v == 255);
  CHECK(parse_uint("5", 3, &v) < 0);
}

TEST(addresses)
{
  uint32 a = 1;
  int len;
  uint8 mac[6];
  char b[18];
  static const char *const bad[] = {
    "", "1.2.3", "1.2.3.4.", "1.2.3.256", "1.2.3.4x", "1..2.3", "1.2.3.0004", " 1.2.3.4", "1.2.3.-4",
  };
  for(uint i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    CHECK(parse_ip(bad[i], &a) < 0);
  CHECK(parse_ip("255.0.2.15", &a) == 0 && a == 0xff00020f);
  CHECK_TEXT(ip_str(a, b), "255.0.2.15");
  CHECK(parse_ip_len("10.0.2.0/24", &a, &len) == 0 && len == 24);
  CHECK(parse_ip_len("10.0.2.0/33", &a, &len) < 0 && parse_ip_len("10.0.2.0", &a, &len) < 0);
  CHECK(parse_ip_len("10.0.2.0/", &a, &len) < 0);
  CHECK(parse_mac("52:54:00:aB:cd:0f", mac) == 0);
  CHECK_TEXT(mac_str(mac, b), "52:54:00:ab:cd:0f");
  CHECK(parse_mac("52:54:00:ab:cd", mac) < 0 && parse_mac("52:54:00:ab:cd:0g", mac) < 0);
  CHECK(parse_mac("52:54:00:ab:cd:0", mac) < 0);
  CHECK(parse_mac("52:54:00:ab:cd:0f:", mac) < 0 && parse_mac("5", mac) < 0);
  CHECK(mask_len(0xffffff00) == 24 && mask_len(0) == 0 && mask_len(~0u) == 32 && mask_len(0xff00ff00) == -1);
}

// Lines come whole, whatever the pieces that read() gives; a last line without an end, and empty ones, count.
TEST(lines)
{
  static const char in[] = "one\n\nthree is rather long, longer than a piece\nlast";
  for(uint piece = 1; piece < sizeof(in); piece++){
    struct reader r;
    host_input(in, sizeof(in) - 1, piece);
    reader_init(&r, 0);
    CHECK_TEXT(reader_line(&r), "one");
    CHECK_TEXT(reader_line(&r), "");
    CHECK_TEXT(reader_line(&r), "three is rather long, longer than a piece");
    CHECK_EQ(r.newline, 1);
    CHECK_TEXT(reader_line(&r), "last");
    CHECK_EQ(r.newline, 0);
    CHECK(reader_line(&r) == 0);
    CHECK(reader_line(&r) == 0);
    reader_free(&r);
  }
}

TEST(options)
{
  char *argv[] = { "x", "-ab", "-n", "5", "-n6", "--", "-c", 0 };
  struct opts o = { 7, argv, 0, 0, 0 };
  CHECK_EQ(next_opt(&o, "abn:"), 'a');
  CHECK_EQ(next_opt(&o, "abn:"), 'b');
  CHECK_EQ(next_opt(&o, "abn:"), 'n');
  CHECK_TEXT(o.arg, "5");
  CHECK_EQ(next_opt(&o, "abn:"), 'n');
  CHECK_TEXT(o.arg, "6");
  CHECK_EQ(next_opt(&o, "abn:"), 0);
  CHECK_EQ(o.at, 6);
  char *bad[] = { "x", "-:", "-n", 0 };
  struct opts p = { 3, bad, 0, 0, 0 };
  CHECK_EQ(next_opt(&p, "n:"), '?');
  CHECK_EQ(next_opt(&p, "n:"), '?');
  CHECK_EQ(next_opt(&p, "n:"), 0);
}

// A command is searched for in four directories, a name with a slash in none, and a path that does not fit is not tried.
TEST(command_paths)
{
  char path[20];
  static const char *const paths[] = { "nt", "/nt", "/tests/nt", "/bench/nt" };
  for(int i = 0; i < 4; i++){
    CHECK_EQ(command_path(i, "nt", path, sizeof(path)), 0);
    CHECK_TEXT(path, paths[i]);
  }
  CHECK_EQ(command_path(4, "nt", path, sizeof(path)), -1);
  CHECK_EQ(command_path(0, "./nt", path, sizeof(path)), 0);
  CHECK_TEXT(path, "./nt");
  CHECK_EQ(command_path(1, "./nt", path, sizeof(path)), -1);
  CHECK_EQ(command_path(2, "123456789012", path, sizeof(path)), 0);
  CHECK_EQ(command_path(2, "1234567890123", path, sizeof(path)), -1);
}

TEST(sorting)
{
  for(int n = 0; n < 70; n++){
    char *s[70], b[70][8];
    for(int i = 0; i < n; i++){
      snprintf(b[i], sizeof(b[i]), "%u", host_random(50));
      s[i] = b[i];
    }
    sort_strings(s, n, 0);
    for(int i = 1; i < n; i++){
      CHECK(strcmp(s[i - 1], s[i]) <= 0);
      CHECK(strcmp(s[i - 1], s[i]) < 0 || s[i - 1] < s[i]);  // equal ones stay in order
    }
  }
}

TEST(expressions)
{
  static const struct {
    const char *re, *s;
    int fits;
  } t[] = {
    { "a.c", "xabcx", 1 }, { "^a.c$", "xabc", 0 }, { "^$", "", 1 }, { "ab*c", "ac", 1 }, { "ab+c", "abbc", 1 },
    { "ab+c", "ac", 0 }, { "ab?c$", "abc", 1 }, { "[a-c]x", "bx", 1 }, { "[^a-c]x", "bx", 0 }, { "[]]", "]", 1 },
    { "\\.", ".", 1 }, { "\\.", "a", 0 }, { "a*b", "aaab", 1 }, { "x*", "", 1 }, { "[", "[", 1 }, { "a$b", "a$b", 1 },
  };
  for(uint i = 0; i < sizeof(t) / sizeof(t[0]); i++){
    if(regex_match(t[i].re, t[i].s, 0) != t[i].fits)
      test_fail(__LINE__, "'%s' in '%s'", t[i].re, t[i].s);
  }
  CHECK(regex_match("ABC", "xabc", 1) && !regex_match("ABC", "xabc", 0));
  // Neither the stack nor the time grows with the stars.
  static char stars[2001], as[201];
  for(uint i = 0; i < sizeof(stars) - 1; i++)
    stars[i] = i % 2 ? '*' : 'a';
  memset(as, 'a', sizeof(as) - 1);
  CHECK(regex_match(stars, as, 0));
  stars[sizeof(stars) - 2] = 'b';
  CHECK(!regex_match(stars, as, 0));
}

TEST(file_patterns)
{
  static const struct {
    const char *pattern, *s;
    int fits;
  } t[] = {
    { "*.c", "a.c", 1 }, { "*.c", "a.cc", 0 }, { "a?c", "abc", 1 }, { "*", "", 1 }, { "?", "", 0 }, { "a*b*c", "aXbYbZc", 1 },
    { "[a-c]1", "b1", 1 }, { "\\*", "*", 1 }, { "\\*", "x", 0 }, { "a.c", "abc", 0 }, { "", "", 1 }, { "", "a", 0 },
  };
  for(uint i = 0; i < sizeof(t) / sizeof(t[0]); i++){
    if(glob_match(t[i].pattern, t[i].s) != t[i].fits)
      test_fail(__LINE__, "'%s' for '%s'", t[i].pattern, t[i].s);
  }
}
