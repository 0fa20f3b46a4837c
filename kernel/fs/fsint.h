#ifndef RXV_FS_FSINT_H
#define RXV_FS_FSINT_H
// What the files of the file system share among themselves.

#include "core/types.h"

struct inode;
struct superblock;

extern struct superblock sb;     // checked by fs_init, constant afterwards
extern uint data_start;          // first data block
extern uint bitmap_blocks;       // blocks of the bitmap

// Free maps (alloc.c). Inside an operation.
int alloc_init(uint *norphans);  // reads both maps; counts i-nodes in use without a name; 0, -EIO, -ENOMEM
int balloc(uint *blockno);       // 0, -ENOSPC. The block's content is anything: bget_zeroed() it
void bfree(const uint *blockno, uint n);  // one that is free already, or none of ours (a hole's 0, say), is let be
int inum_alloc(uint *inum);      // 0, -ENOSPC
void inum_free(uint inum);

// I-nodes (inode.c).
void inode_init(void);
int iget(uint inum, struct inode **ip);          // referenced, not locked; 0, -EIO no such number, -ENFILE table full
void iupdate(struct inode *ip);                  // inside an operation, locked
int itrunc(struct inode *ip);                    // not locked: frees the content in an operation of its own; 0, -EIO
uint itrunc_blocks(void);                        // log blocks that freeing a whole file may take
int bmap(struct inode *ip, uint i, uint *blockno);  // block i of the content; 0 in *blockno: a hole. 0, -EIO
int writei(struct inode *ip, int user, uint64 src, uint off, uint n);  // locked, inside an operation of
                                                 // write_blocks(n); bytes (fewer: disk full), or -E...
uint write_blocks(uint n);                       // log blocks that writing n bytes may take
// A new i-node of this type, referenced, not locked, with no names yet. Inside an operation. 0, -ENOSPC, -EIO, -ENFILE
int ialloc(short type, short major, short minor, struct inode **ip);

void names_init(void);                           // names.c

// Directories (dir.c). They lock dp.
int dir_put(struct inode *dp, uint off, const char *name, uint inum);     // writes an entry; 0, -ENOSPC, -EIO
int dir_empty(struct inode *dp);                 // 1: nothing but "." and "..", 0, -EIO
int name_is_dots(const char *name);

// Paths.
int lookup_parent(const char *path, struct inode **dp, char *name);      // name: DIRSIZ + 1 bytes
// Locks dp meanwhile. *off: where the entry is, or may be added; it stays so as long as nobody changes names (names.c).
int lookup_in(struct inode *dp, const char *name, struct inode **ip, uint *off);

#endif
