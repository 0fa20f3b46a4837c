#ifndef RXV_FAILALLOC_H
#define RXV_FAILALLOC_H
// failalloc(kind, n): in a debug build, let the n-th allocation from now on fail, once; 0: none. result: what was
// left to count of the last one, 0 if it has fired; -1 and EOPNOTSUPP in a release build.

#define FAIL_PAGE 0    // pages of memory that the calling process asks for
#define FAIL_PACKET 1  // packet buffers, whoever asks
#define NFAIL 2

#endif
