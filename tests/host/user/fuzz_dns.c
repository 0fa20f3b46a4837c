// DNS answers: an input is what a server, or somebody who plays one, sends; its first byte says how much of it is mended, so
// that it is an answer to the question at all.

#include "../fuzz/fuzz.h"
#include "user/dns.h"
#include "user/user.h"

#define ID 0x1234
#define NAME "www.rxv.test"

void
fuzz_boot(void)
{
}

void
fuzz_pages(void (*fn)(void *page, unsigned long bytes))
{
}

void
fuzz_drop_pages(void)
{
}

void
fuzz_take_pages(void)
{
}

static fuzz_byte junk;

void
fuzz_junk(fuzz_byte with)
{
  junk = with;
}

// Does the message hold a record of class IN that says this address?
static int
says(const uint8 *msg, uint n, uint32 addr)
{
  for(uint i = 12; i + 14 <= n; i++)
    if(msg[i] == 0 && msg[i + 1] == 1 && msg[i + 2] == 0 && msg[i + 3] == 1 && msg[i + 8] == 0 && msg[i + 9] == 4 &&
       (addr == ((uint32)msg[i + 10] << 24 | msg[i + 11] << 16 | msg[i + 12] << 8 | msg[i + 13])))
      return 1;
  return 0;
}

static void
check(const uint8 *msg, uint n, enum dns_status s, const struct dns_result *r)
{
  if(s == DNS_IGNORE)
    return;
  if((r->naddr > 0) != (s == DNS_FOUND) || r->naddr < 0 || r->naddr > DNS_ADDRS)
    fuzz_fail("%d addresses, and the result is %d", r->naddr, s);
  for(int i = 0; i < r->naddr; i++)
    if(!says(msg, n, r->addrs[i]))
      fuzz_fail("the address %x is not in the message", r->addrs[i]);
  uint len = strlen(r->canonical);
  if(len >= sizeof(r->canonical))
    fuzz_fail("a name without an end");
  for(uint i = 0; i < len; i++)
    if(r->canonical[i] <= ' ' || r->canonical[i] > '~' || (r->canonical[i] >= 'A' && r->canonical[i] <= 'Z'))
      fuzz_fail("a name with the byte %d", r->canonical[i]);
}

FUZZ(dns, 0)
{
  static uint8 msg[1500], question[300];
  struct dns_result r;
  const fuzz_byte *b;
  uint how = in8(in), at = 0;
  int q = dns_question(question, sizeof(question), ID, NAME);
  if(how & 1){
    // Header and question of ours; the flags, the code and the count of answers from the input.
    at = q - 11;  // less the record of its own at the end
    memcpy(msg, question, at);
    msg[2] = how & 2 ? 0x81 : in8(in) | 0x80;
    msg[3] = how & 2 ? 0x80 : in8(in);
    msg[7] = in8(in);
    msg[11] = 0;
  }
  uint n = at + in_bytes(in, sizeof(msg) - at, &b);
  memcpy(msg + at, b, n - at);
  // In memory of its own size, so that a byte beyond the end is seen.
  uint8 *exact = __builtin_malloc(n + !n);
  if(exact == 0)
    return;
  memcpy(exact, msg, n);
  memset(&r, junk, sizeof(r));
  enum dns_status s = dns_answer(exact, n, ID, NAME, &r);
  check(exact, n, s, &r);
  fuzz_digest_number(s);
  if(s != DNS_IGNORE)
    fuzz_digest(&r, sizeof(r));
  __builtin_free(exact);
}
