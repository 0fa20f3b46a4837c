// Included before every kernel file: the kernel's functions get names that libc does not use.
#ifndef HOST_FS_RENAME_H
#define HOST_FS_RENAME_H

#define memset k_memset
#define memcpy k_memcpy
#define memmove k_memmove
#define memcmp k_memcmp
#define strcmp k_strcmp
#define strncmp k_strncmp
#define strlen k_strlen
#define printf k_printf
#define snprintf k_snprintf
#define vsnprintf k_vsnprintf

#endif
