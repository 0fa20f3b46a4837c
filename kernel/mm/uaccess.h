#ifndef RXV_MM_UACCESS_H
#define RXV_MM_UACCESS_H
// Bytes between the kernel and the running process, through the direct map: sstatus.SUM is never set. Absent,
// lazy and COW pages are made first. May not be called with a spinlock held (allocates, and may take long).
// A range that is not the process's, or wraps, or is not writable, is -EFAULT; what lies before the bad page
// may have been copied.

#include "core/types.h"

int copyin(void *dst, uint64 src_uva, uint64 n);                // 0 or -EFAULT
int copyout(uint64 dst_uva, const void *src, uint64 n);         // 0 or -EFAULT
int copyinstr(char *dst, uint64 src_uva, uint64 max);           // length, -EFAULT, -ENAMETOOLONG: no zero in max bytes

// A copy may fault, and a fault may wait for a disk and take the locks of a file. So whoever will copy with such a lock held
// has the pages made first; they stay until the process itself runs again, for nobody else touches its memory.
int user_readable(uint64 src_uva, uint64 n);                    // 0: copyin() of it neither fails nor faults; or -EFAULT
int user_writable(uint64 dst_uva, uint64 n);                    // 0: nor does copyout(); or -EFAULT
int user_present(uint64 dst_uva, uint64 n);                     // 1: user_writable() would find them all there. Any lock held

// For file code that serves programs and the kernel alike: user says whose address it is.
int copy_to(int user, uint64 dst, const void *src, uint64 n);
int copy_from(void *dst, int user, uint64 src, uint64 n);

struct vm;
int vm_copyout(struct vm *vm, uint64 dst_uva, const void *src, uint64 n);  // into another one (exec)

#endif
