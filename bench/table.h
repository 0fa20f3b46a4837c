#ifndef RXV_BENCH_TABLE_H
#define RXV_BENCH_TABLE_H
// How often the guest executed each of its instructions: a file that bench/insn.c (inside QEMU) keeps up to date and
// that bench/gen.c and bench/profile.py read while the guest runs.
//
// An open hash table by virtual address. Addresses say nothing about the address space: two programs' code at the same
// place share a slot. Exact on one hart; more harts may lose a count where two of them add to a slot at once.

#include <stdint.h>

#define TABLE_SLOTS (1u << 20)
#define TABLE_LAST (TABLE_SLOTS - TABLE_SLOTS / 8)  // slots in use at most: the rest keeps searches short

struct table_slot {
  uint64_t addr;  // of the instruction, with bit 0 set; 0: free. Once written it stays
  uint64_t runs;  // how often
};

struct table {
  struct table_slot rest;  // of the instructions that found no slot
  struct table_slot slot[TABLE_SLOTS];
};

#endif
