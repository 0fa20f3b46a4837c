// Included before every file of user/lib and every test: the library's names are not libc's.
#ifndef HOST_USER_RENAME_H
#define HOST_USER_RENAME_H

#define atoi u_atoi
#define basename u_basename
#define calloc u_calloc
#define chdir u_chdir
#define close u_close
#define die u_die
#define dup u_dup
#define errno u_errno
#define exec u_exec
#define exit u_exit
#define fork u_fork
#define fprintf u_fprintf
#define free u_free
#define fstat u_fstat
#define getpid u_getpid
#define gets u_gets
#define isdigit u_isdigit
#define isspace u_isspace
#define kill u_kill
#define link u_link
#define main u_main
#define malloc u_malloc
#define memcmp u_memcmp
#define memcpy u_memcpy
#define memmove u_memmove
#define memset u_memset
#define mkdir u_mkdir
#define open u_open
#define perror u_perror
#define pipe u_pipe
#define printf u_printf
#define read u_read
#define realloc u_realloc
#define rename u_rename
#define sbrk u_sbrk
#define snprintf u_snprintf
#define stat u_stat
#define strchr u_strchr
#define strcmp u_strcmp
#define strcpy u_strcpy
#define strdup u_strdup
#define strerror u_strerror
#define strlcat u_strlcat
#define strlcpy u_strlcpy
#define strlen u_strlen
#define strncmp u_strncmp
#define strrchr u_strrchr
#define strstr u_strstr
#define sync u_sync
#define unlink u_unlink
#define usage u_usage
#define vfprintf u_vfprintf
#define vsnprintf u_vsnprintf
#define wait u_wait
#define warn u_warn
#define write u_write

#endif
