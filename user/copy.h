#ifndef RXV_USER_COPY_H
#define RXV_USER_COPY_H
// Copying files, for cp and mv. Failures are reported on standard error.

int copy_file(const char *from, const char *to);       // 0, or 1
int copy_tree(const char *from, const char *to);       // the same, of directories, too
// Where `from` goes if the target is a directory: target/name. Into buf of MAXPATH bytes; 0: too long.
const char *target_path(const char *from, const char *target, char *buf);

#endif
