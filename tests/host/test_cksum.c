#include "fixture.h"

// RFC 1071 section 3 adds these by hand: ddf2, so the field holds 220d.
TEST(cksum_rfc1071_example)
{
  static const uint8 b[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
  CHECK_EQ(cksum(b, sizeof(b)), 0x220d);
}

// At every alignment, and of every length around the steps of the loop, it agrees with the sum by the book.
TEST(cksum_every_alignment_and_length)
{
  static uint8 b[400] __attribute__((aligned(16)));
  rand_bytes(b, sizeof(b));
  for(uint at = 0; at < 16; at++)
    for(uint n = 0; n < 300; n++)
      CHECK_EQ(cksum(b + at, n), ref_cksum(b + at, n, 0));
}

// All ones: every addition carries.
TEST(cksum_of_all_ones)
{
  static uint8 b[4096];
  memset(b, 0xff, sizeof(b));
  for(uint n = 2; n <= sizeof(b); n += 2)
    CHECK_EQ(cksum(b, n), 0);
  CHECK_EQ(cksum(b, 3), ref_cksum(b, 3, 0));
}

// A sum may be taken in pieces, if all but the last are even.
TEST(cksum_in_pieces)
{
  static uint8 b[1000];
  rand_bytes(b, sizeof(b));
  for(uint cut = 0; cut < 999; cut += 2)
    CHECK_EQ(cksum_fold(cksum_add(cksum_add(0, b, cut), b + cut, 999 - cut)), ref_cksum(b, 999, 0));
}

// A block that holds its own checksum sums to nothing.
TEST(cksum_verifies_itself)
{
  uint8 b[64];
  for(int i = 0; i < 200; i++){
    rand_bytes(b, sizeof(b));
    b[10] = b[11] = 0;
    uint16 sum = htons(cksum(b, sizeof(b)));
    memcpy(b + 10, &sum, 2);
    CHECK_EQ(cksum(b, sizeof(b)), 0);
    b[i % 64] ^= 1 << i % 8;
    CHECK(cksum(b, sizeof(b)) != 0);
  }
}

// The pseudo-header of RFC 768 is addresses, protocol and length.
TEST(cksum_pseudo_header)
{
  uint8 b[12] = { 10, 0, 2, 15, 192, 168, 255, 254, 0, 17, 0x12, 0x34 };
  uint32 src = htonl(MAKE_IP_ADDR(10, 0, 2, 15)), dst = htonl(MAKE_IP_ADDR(192, 168, 255, 254));
  CHECK_EQ(cksum_fold(cksum_pseudo(src, dst, 17, 0x1234)), ref_cksum(b, 12, 0));
}

// RFC 1624: a field that is brought up to date is the field computed anew, whatever changes to whatever.
TEST(cksum_update_is_a_new_sum)
{
  uint8 b[32];
  for(int i = 0; i < 2000; i++){
    rand_bytes(b, sizeof(b));
    uint16 before = cksum(b, sizeof(b)), was = b[6] << 8 | b[7], is;
    rand_bytes(&is, 2);
    if(i < 4)
      is = i & 1 ? 0xffff : 0;
    b[6] = is >> 8;
    b[7] = is;
    CHECK_EQ(cksum_update(before, was, is), cksum(b, sizeof(b)));
  }
}
