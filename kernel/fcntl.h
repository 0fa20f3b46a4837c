#ifndef RXV_FCNTL_H
#define RXV_FCNTL_H
// Flags of open(); O_NONBLOCK also of fcntl() and socket().

#define O_RDONLY 0x000
#define O_WRONLY 0x001
#define O_RDWR 0x002
#define O_CREATE 0x200
#define O_TRUNC 0x400
#define O_APPEND 0x800
#define O_NONBLOCK 0x1000

#define F_GETFL 1  // fcntl(fd, F_GETFL, 0): the flags
#define F_SETFL 2  // fcntl(fd, F_SETFL, flags): only O_NONBLOCK and O_APPEND change
#define F_SETRAW 3  // fcntl(fd, F_SETRAW, on): console only. Characters come as they are typed, without echo and editing

#endif
