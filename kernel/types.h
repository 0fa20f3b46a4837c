#ifndef RXV_TYPES_H
#define RXV_TYPES_H
// The integer names that kernel and programs share. uint64 is also the type of an address.

typedef unsigned int uint;
typedef unsigned short ushort;
typedef unsigned char uchar;

typedef unsigned char uint8;
typedef unsigned short uint16;
typedef unsigned int uint32;
typedef unsigned long uint64;

typedef uint64 pde_t;

#endif
