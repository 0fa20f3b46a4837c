#ifndef RXV_CORE_ELF_H
#define RXV_CORE_ELF_H
// ELF64 executables (System V ABI, chapters 4 and 5).

#include "core/types.h"

#define ELF_MAGIC 0x464c457fU  // 0x7f E L F, little-endian
#define ELF_CLASS64 2
#define ELF_LITTLE 1
#define ELF_EXEC 2       // type
#define ELF_RISCV 243    // machine
#define ELF_LOAD 1       // program header: type
#define ELF_X 1          // program header: flags
#define ELF_W 2
#define ELF_R 4

struct elfhdr {
  uint32 magic;
  uint8 class, data, version, abi, pad[8];
  uint16 type, machine;
  uint32 version2;
  uint64 entry, phoff, shoff;
  uint32 flags;
  uint16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct proghdr {
  uint32 type, flags;
  uint64 off, vaddr, paddr, filesz, memsz, align;
};

#endif
