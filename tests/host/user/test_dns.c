// DNS: questions, answers, and answers that nobody should believe.

#include "host.h"
#include "user/dns.h"
#include "user/user.h"

#define ID 0x1234

static uint8 msg[1500];
static uint len;

static void
add(const char *bytes, uint n)
{
  memcpy(msg + len, bytes, n);
  len += n;
}

#define ADD(s) add(s, sizeof(s) - 1)

// Header of a response with these counts, and the question for www.rxv.test at 12.
static void
start(uint answers)
{
  len = 0;
  ADD("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\3www\3rxv\4test\0\0\1\0\1");
  msg[6] = answers >> 8;
  msg[7] = answers;
}

// Result and addresses for what msg holds.
static struct dns_result r;

static int
answer(void)
{
  // In memory of its own size, so that a byte beyond the end is seen by the sanitizer.
  uint8 *p = host_copy(msg, len);
  int s = dns_answer(p, len, ID, "www.rxv.test", &r);
  host_free(p);
  return s;
}

TEST(dns_question_bytes)
{
  uint8 q[64];
  static const char want[] = "\x12\x34\1\0\0\1\0\0\0\0\0\1\1a\2bc\0\0\1\0\1\0\0\x29\4\xd0\0\0\0\0\0\0";
  CHECK_EQ(dns_question(q, sizeof(q), ID, "a.bc"), sizeof(want) - 1);
  CHECK_EQ(memcmp(q, want, sizeof(want) - 1), 0);
  CHECK_EQ(dns_question(q, sizeof(q), ID, "a.bc."), sizeof(want) - 1);
  CHECK_EQ(dns_question(q, sizeof(want) - 2, ID, "a.bc"), -1);
}

TEST(dns_question_names)
{
  uint8 q[400];
  char name[300];
  CHECK_EQ(dns_question(q, sizeof(q), ID, ""), -1);
  CHECK_EQ(dns_question(q, sizeof(q), ID, "."), -1);
  CHECK_EQ(dns_question(q, sizeof(q), ID, "a..b"), -1);
  memset(name, 'x', sizeof(name));
  name[64] = 0;
  CHECK_EQ(dns_question(q, sizeof(q), ID, name), -1);
  name[63] = 0;
  CHECK(dns_question(q, sizeof(q), ID, name) > 0);
  for(int i = 0; i < 299; i++)
    name[i] = i % 2 ? '.' : 'x';
  name[255] = 0;
  CHECK_EQ(dns_question(q, sizeof(q), ID, name), -1);
  name[253] = 0;
  CHECK(dns_question(q, sizeof(q), ID, name) > 0);
}

TEST(dns_plain_and_alias)
{
  start(1);
  ADD("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
  CHECK_EQ(answer(), DNS_FOUND);
  CHECK_EQ(r.naddr, 1);
  CHECK_EQ(r.addrs[0], 0xc0000201);
  // An alias whose data ends in a pointer into the question, and an address owned by a pointer into that.
  start(2);
  ADD("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\7\4host\xc0\x10");
  ADD("\xc0\x2a\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x50");
  CHECK_EQ(answer(), DNS_FOUND);
  CHECK_TEXT(r.canonical, "host.rxv.test");
  CHECK_EQ(r.addrs[0], 0xc0000250);
  // Addresses of other names do not count, and records of other types are passed over.
  start(2);
  ADD("\5other\0\0\1\0\1\0\0\0\x3c\0\4\1\2\3\4\xc0\x0c\0\x10\0\1\0\0\0\0\0\3\2hi");
  CHECK_EQ(answer(), DNS_NO_DATA);
}

TEST(dns_codes)
{
  start(0);
  msg[3] = 0x83;
  CHECK_EQ(answer(), DNS_NO_NAME);
  msg[3] = 0x85;
  CHECK_EQ(answer(), DNS_REFUSED);
  CHECK_EQ(r.rcode, 5);
  msg[3] = 0x80;
  CHECK_EQ(answer(), DNS_NO_DATA);
  msg[2] |= 2;
  CHECK_EQ(answer(), DNS_CUT);
}

// N7: another id, a query, another question, or none.
TEST(dns_not_for_us)
{
  start(0);
  msg[1]++;
  CHECK_EQ(answer(), DNS_IGNORE);
  start(0);
  msg[2] &= 0x7f;
  CHECK_EQ(answer(), DNS_IGNORE);
  start(0);
  msg[13] = 'x';
  CHECK_EQ(answer(), DNS_IGNORE);
  start(0);
  msg[13] = 'W';  // capitals mean the same
  CHECK_EQ(answer(), DNS_NO_DATA);
  start(0);
  msg[5] = 0;
  CHECK_EQ(answer(), DNS_IGNORE);
  start(0);
  msg[len - 3] = 28;
  CHECK_EQ(answer(), DNS_IGNORE);
}

// More addresses than are kept: the first ones.
TEST(dns_many_addresses)
{
  start(20);
  for(int i = 0; i < 20; i++){
    ADD("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2");
    msg[len++] = i;
  }
  CHECK_EQ(answer(), DNS_FOUND);
  CHECK_EQ(r.naddr, DNS_ADDRS);
  CHECK_EQ(r.addrs[DNS_ADDRS - 1], 0xc0000200 + DNS_ADDRS - 1);
}

// N2: labels and pointers that make up a name of more than 255 bytes.
TEST(dns_long_name)
{
  char label[64];
  memset(label, 'x', sizeof(label));
  label[0] = 63;
  for(int labels = 3; labels <= 5; labels++){
    start(2);
    ADD("\0\0\x10\0\1\0\0\0\0");
    msg[len++] = (64 * labels + 1) >> 8;
    msg[len++] = 64 * labels + 1;
    uint name = len;
    for(int i = 0; i < labels; i++)
      add(label, 64);
    msg[len++] = 0;
    msg[len++] = 0xc0 | name >> 8;
    msg[len++] = name;
    ADD("\0\1\0\1\0\0\0\0\0\4\1\2\3\4");
    CHECK_EQ(answer(), labels == 3 ? DNS_NO_DATA : DNS_IGNORE);
  }
}

// N1..N6, N8, N11: pointers that loop, lead forward or past the end, labels of unknown kind, lengths that lie.
TEST(dns_malformed)
{
  static const struct {
    uint answers;
    const char *bytes;
    uint n;
  } bad[] = {
#define B(a, s) { a, s, sizeof(s) - 1 }
    B(1, "\xc0\x1e\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),          // to itself
    B(1, "\xc0\x20\xc0\x1e\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),  // forward, and back
    B(1, "\xff\xff\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),          // past the end
    B(1, "\xc0"),                                          // half a pointer
    B(1, "\x40\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),            // label types that are none
    B(1, "\x80\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),
    B(1, "\x3fxxx"),                                       // label past the end
    B(1, "\1x"),                                           // no zero
    B(1, "\xc0\x0c\0\1\0\1\0\0\0\0\0\3\1\2\3"),            // address of 3 bytes
    B(1, "\xc0\x0c\0\1\0\1\0\0\0\0\0\5\1\2\3\4"),          // data past the end
    B(1, "\xc0\x0c\0\1\0\1\0\0\0\0\xff\xff\1\2\3\4"),
    B(1, "\xc0\x0c\0\1\0\1\0\0\0"),                        // record cut short
    B(65535, "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),      // more records than there are
    B(1, "\xc0\x0c\0\5\0\1\0\0\0\0\0\4\1x\0y"),            // alias shorter than its data
  };
  for(uint i = 0; i < sizeof(bad) / sizeof(bad[0]); i++){
    start(bad[i].answers);
    add(bad[i].bytes, bad[i].n);
    int s = answer();
    if(s != DNS_IGNORE)
      test_fail(__LINE__, "case %u: %d", i, s);
  }
  // An alias of itself ends.
  start(1);
  ADD("\xc0\x0c\0\5\0\1\0\0\0\0\0\2\xc0\x0c");
  CHECK_EQ(answer(), DNS_NO_DATA);
}

// Every message, cut at every byte and with bytes changed at random, ends without touching what is not its own.
TEST(dns_fuzz)
{
  for(int i = 0; i < 300000; i++){
    start(3);
    ADD("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\7\4host\xc0\x10");
    ADD("\xc0\x2a\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x50\xc0\x2a\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x51");
    for(uint n = host_random(6); n > 0; n--)
      msg[host_random(3) ? 12 + host_random(len - 12) : host_random(len)] = host_random(4) ? host_random(256) : 0xc0;
    if(host_random(3) == 0)
      len = host_random(len + 1);
    int s = answer();
    CHECK(s >= DNS_FOUND && s <= DNS_IGNORE);
    CHECK(s == DNS_IGNORE || (r.naddr >= 0 && r.naddr <= DNS_ADDRS && strlen(r.canonical) < 256));
  }
}
