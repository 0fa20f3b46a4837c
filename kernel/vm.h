#ifndef RXV_VM_H
#define RXV_VM_H
// How sbrk() grows the heap.

#define SBRK_EAGER 1  // memory is there when the call returns, or the call fails
#define SBRK_LAZY 2   // a page comes, zeroed, when it is first touched

#define SBRK_ERROR ((char *)-1)

#endif
