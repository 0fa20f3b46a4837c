// Random numbers: the ChaCha20 block function (RFC 8439, 2.3) over a key that seeds are folded into. After each
// request the key is replaced from the stream, so that who reads the memory later learns nothing of the past.

#include "core/rand.h"
#include "core/spinlock.h"
#include "core/string.h"

static struct spinlock lock = SPINLOCK("rand");
static uint32 key[8];
static uint64 counter;
static uint8 pool[64];     // output of the last block
static uint left;          // bytes of it not handed out yet

static inline uint32
rotl(uint32 v, int n)
{
  return v << n | v >> (32 - n);
}

static inline void
quarter(uint32 *s, int a, int b, int c, int d)
{
  s[a] += s[b], s[d] = rotl(s[d] ^ s[a], 16);
  s[c] += s[d], s[b] = rotl(s[b] ^ s[c], 12);
  s[a] += s[b], s[d] = rotl(s[d] ^ s[a], 8);
  s[c] += s[d], s[b] = rotl(s[b] ^ s[c], 7);
}

static void
block(uint32 out[16])
{
  uint32 in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  memcpy(in + 4, key, sizeof(key));
  memcpy(in + 12, &counter, sizeof(counter));
  counter++;
  memcpy(out, in, sizeof(in));
  for(int round = 0; round < 10; round++){
    for(int i = 0; i < 4; i++)
      quarter(out, i, 4 + i, 8 + i, 12 + i);
    for(int i = 0; i < 4; i++)
      quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
  }
  for(int i = 0; i < 16; i++)
    out[i] += in[i];
}

// The first half of a block becomes the next key, the second half is output.
static void
rand_refill(void)
{
  uint32 out[16];
  block(out);
  memcpy(key, out, sizeof(key));
  memcpy(pool, out + 8, 32);
  left = 32;
}

void
rand_seed(const void *bytes, uint n)
{
  const uint8 *b = bytes;
  acquire(&lock);
  for(uint i = 0; i < n; i++){
    ((uint8 *)key)[i % sizeof(key)] ^= b[i];
    if(i % sizeof(key) == sizeof(key) - 1)
      rand_refill();
  }
  rand_refill();
  left = 0;
  release(&lock);
}

void
rand_bytes(void *buf, uint n)
{
  uint8 *out = buf;
  acquire(&lock);
  while(n){
    if(left == 0)
      rand_refill();
    uint m = MIN(n, left);
    memcpy(out, pool + 32 - left, m);
    memset(pool + 32 - left, 0, m);
    out += m, n -= m, left -= m;
  }
  release(&lock);
}

uint32
rand32(void)
{
  uint32 v;
  rand_bytes(&v, sizeof(v));
  return v;
}
