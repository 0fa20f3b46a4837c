#ifndef RXV_FS_H
#define RXV_FS_H
// The file system on disk, as mkfs writes it and the kernel reads it. xv6's format.
//
//   block 0      1            2 ...     ...       ...      ...
//   boot   | superblock | log blocks | inodes | bitmap | data

#include "kernel/types.h"

#define ROOTINO 1   // i-node of the root directory
#define BSIZE 1024  // bytes in a block
#define FSMAGIC 0x10203040

struct superblock {
  uint magic;       // FSMAGIC
  uint size;        // blocks in the image
  uint nblocks;     // data blocks
  uint ninodes;     // i-nodes
  uint nlog;        // log blocks, header included
  uint logstart;    // first log block
  uint inodestart;  // first i-node block
  uint bmapstart;   // first bitmap block
};

#define NDIRECT 12
#define NINDIRECT (BSIZE / sizeof(uint))
#define MAXFILE (NDIRECT + NINDIRECT)  // blocks of the largest file

struct dinode {
  short type;               // T_..., 0: free
  short major;              // T_DEVICE: which driver
  short minor;              // T_DEVICE: which of its devices
  short nlink;              // names in the file system
  uint size;                // bytes
  uint addrs[NDIRECT + 1];  // blocks; the last one holds NINDIRECT more
};

#define IPB (BSIZE / sizeof(struct dinode))         // i-nodes in a block
#define IBLOCK(i, sb) ((i) / IPB + (sb).inodestart)  // block of i-node i
#define BPB (BSIZE * 8)                             // bits in a bitmap block
#define BBLOCK(b, sb) ((b) / BPB + (sb).bmapstart)   // bitmap block of block b

#define DIRSIZ 14  // bytes in a name; one that is shorter ends with a zero

// A full name has no zero: tell the compilers that ask.
#if defined(__GNUC__) && !defined(__clang__)
#define NONSTRING __attribute__((nonstring))
#else
#define NONSTRING
#endif

struct dirent {
  ushort inum;  // 0: a free entry
  char name[DIRSIZ] NONSTRING;
};

#endif
