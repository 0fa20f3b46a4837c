#ifndef RXV_PARAM_H
#define RXV_PARAM_H
// Limits that programs may know, too. What is found at boot (memory, harts, cards) is not here.

#define NPROC 64                    // processes
#define NKTHREAD 8                  // kernel threads: slots of their own behind those
#define NCPU 8                      // harts that are used; more of them sleep for ever
#define NOFILE 16                   // open files of one process
#define NFILE 100                   // open files of the system
#define NINODE 50                   // i-nodes in memory
#define NDEV 10                     // major device numbers
#define ROOTDEV 1                   // device of the root file system
#define MAXARG 32                   // arguments of exec
#define MAXOPBLOCKS 10              // blocks that one file system call may write
#define LOGBLOCKS (MAXOPBLOCKS * 25) // data blocks in the log of a new image
#define NBUF (MAXOPBLOCKS * 3)      // the least number of cached blocks (fs/bio.c may keep more)
#define FSSIZE 4000                 // blocks in the file system image
#define MAXPATH 128                 // bytes in a path, with its zero
#define USERSTACK 1                 // pages of user stack
#define ARGBYTES 1280               // bytes of it for the arguments of exec: each string in multiples of 16, and the vector

#endif
