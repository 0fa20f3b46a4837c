// mkfs: builds a file system image (kernel/fs.h) from files of the host.
//
//   mkfs fs.img [-b blocks] [-i inodes] FILE[:NAME] | DIR ...
//
// A FILE goes to NAME in the image; without NAME it keeps its own, less a leading user/ or user/files/, and its last
// part less a leading _. Folders in NAME are made. What is in DIR goes to the root, with its subfolders. /dev gets its
// devices. The image is put together in memory, and written when all of it has found its place.

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The host has structs of the same names.
#define dirent rxv_dirent
#define stat rxv_stat
#include "kernel/file.h"
#include "kernel/types.h"
#include "kernel/fs.h"
#include "kernel/param.h"
#include "kernel/stat.h"
#undef dirent
#undef stat

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers are written as this machine has them, and the image wants them little-endian"
#endif
_Static_assert(sizeof(struct dinode) == 64 && sizeof(struct rxv_dirent) == 16, "the format on disk");

#define MIN_INODES 400
#define MAX_BLOCKS 1000000
#define MAX_INODES 65536  // more of them a directory entry cannot name

static void __attribute__((noreturn, format(printf, 1, 2)))
fail(const char *fmt, ...)
{
  va_list ap;
  fprintf(stderr, "mkfs: ");
  va_start(ap, fmt);
  vfprintf(stderr, fmt, ap);
  va_end(ap);
  fprintf(stderr, "\n");
  exit(1);
}

static void *
must(void *memory)
{
  if(memory == 0)
    fail("no memory");
  return memory;
}

// ---- what goes in. It is gathered first, so that the image can be made large enough.

struct input {
  const char *path;    // on the host
  char *name;          // in the image, without a leading slash
  uchar *data;
  uint size;           // bytes
  struct input *next;
};

static struct input *inputs, **last_input = &inputs;
static uint ninputs;

// Reads the file; one byte more than a file can hold is enough to know.
static void
add_input(const char *path, const char *name)
{
  const size_t most = MAXFILE * BSIZE;
  struct input *in = must(calloc(1, sizeof(*in)));
  FILE *f = fopen(path, "rb");
  if(f == 0)
    fail("%s: %s", path, strerror(errno));
  in->path = must(strdup(path));
  in->name = must(strdup(name));
  in->data = must(malloc(most + 1));
  in->size = fread(in->data, 1, most + 1, f);
  if(ferror(f))
    fail("%s: %s", path, strerror(errno));
  fclose(f);
  if(in->size > most)
    fail("%s is larger than a file can be, %u bytes", path, (uint)most);
  in->data = must(realloc(in->data, in->size + 1));
  *last_input = in;
  last_input = &in->next;
  ninputs++;
}

static char *
join(const char *a, const char *b)
{
  char *s = must(malloc(strlen(a) + strlen(b) + 2));
  sprintf(s, "%s%s%s", a, *a ? "/" : "", b);
  return s;
}

static int
by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// All of a folder, in the order of names, so that the same files give the same image. prefix: its name in the image.
static void
add_folder(DIR *dir, const char *path, const char *prefix)
{
  char **name = 0;
  uint n = 0;
  for(struct dirent *e; (e = readdir(dir)) != 0;){
    if(strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
      continue;
    name = must(realloc(name, (n + 1) * sizeof(*name)));
    name[n++] = must(strdup(e->d_name));
  }
  closedir(dir);
  if(n)
    qsort(name, n, sizeof(*name), by_name);
  for(uint i = 0; i < n; i++){
    char *sub = join(path, name[i]), *as = join(prefix, name[i]);
    DIR *d = opendir(sub);
    if(d)
      add_folder(d, sub, as);
    else
      add_input(sub, as);
    free(sub);
    free(as);
    free(name[i]);
  }
  free(name);
}

// The name that a file has in the image if none is given: what is behind prefix, without the _ of programs.
static char *
default_name(const char *path)
{
  static const char *const prefixes[] = {"user/files/", "user/"};
  for(int i = 0; i < 2; i++){
    size_t n = strlen(prefixes[i]);
    if(strncmp(path, prefixes[i], n) == 0){
      char *name = must(strdup(path + n)), *last = strrchr(name, '/');
      last = last ? last + 1 : name;
      if(*last == '_')
        memmove(last, last + 1, strlen(last));
      return name;
    }
  }
  const char *last = strrchr(path, '/');
  last = last ? last + 1 : path;
  return must(strdup(*last == '_' ? last + 1 : last));
}

// FILE, FILE:NAME or DIR.
static void
add_argument(const char *arg)
{
  DIR *d = opendir(arg);
  if(d){
    add_folder(d, arg, "");
    return;
  }
  char *path = must(strdup(arg)), *colon = strrchr(path, ':'), *name;
  if(colon){
    *colon = 0;
    name = must(strdup(colon + 1));
  } else
    name = default_name(path);
  char *start = name;
  while(*start == '/')
    start++;
  if(*start == 0 || start[strlen(start) - 1] == '/')
    fail("%s: '%s' is no name for a file", path, name);
  add_input(path, start);
  free(path);
  free(name);
}

// ---- the image

static struct superblock sb;
static uchar *image;
static uint next_block, next_inode = ROOTINO;

static struct dinode *
dinode(uint inum)
{
  return (struct dinode *)(image + IBLOCK(inum, sb) * BSIZE) + inum % IPB;
}

static uint
new_block(void)
{
  if(next_block == sb.size)
    fail("the files do not fit into %u blocks: use -b", sb.size);
  return next_block++;
}

static uint
new_inode(short type, short major)
{
  if(next_inode == sb.ninodes)
    fail("there are more files than %u i-nodes: use -i", sb.ninodes);
  struct dinode *d = dinode(next_inode);
  d->type = type;
  d->major = major;
  d->nlink = 1;
  return next_inode++;
}

// Where byte `off` of a file goes; a block is taken for it if need be.
static uchar *
place(struct dinode *d, uint off)
{
  uint i = off / BSIZE, *slot = &d->addrs[i];
  if(i >= MAXFILE)
    fail("a directory is full: it has as many entries as a file has room for");
  if(i >= NDIRECT){
    if(d->addrs[NDIRECT] == 0)
      d->addrs[NDIRECT] = new_block();
    slot = (uint *)(image + (size_t)d->addrs[NDIRECT] * BSIZE) + (i - NDIRECT);
  }
  if(*slot == 0)
    *slot = new_block();
  return image + (size_t)*slot * BSIZE + off % BSIZE;
}

static void
append(uint inum, const void *data, uint n)
{
  struct dinode *d = dinode(inum);
  for(uint done = 0, m; done < n; done += m){
    m = BSIZE - d->size % BSIZE;
    m = n - done < m ? n - done : m;
    memcpy(place(d, d->size), (const uchar *)data + done, m);
    d->size += m;
  }
}

static uint
find_entry(uint dir, const char *name)
{
  struct dinode *d = dinode(dir);
  for(uint off = 0; off < d->size; off += sizeof(struct rxv_dirent)){
    struct rxv_dirent *e = (struct rxv_dirent *)place(d, off);
    if(e->inum && strncmp(e->name, name, DIRSIZ) == 0)
      return e->inum;
  }
  return 0;
}

static void
add_entry(uint dir, const char *name, uint inum)
{
  struct rxv_dirent e = {.inum = inum};
  if(strlen(name) > DIRSIZ)
    fail("%s: a name has at most %d bytes", name, DIRSIZ);
  if(find_entry(dir, name))
    fail("%s is there twice", name);
  memcpy(e.name, name, strlen(name));
  append(dir, &e, sizeof(e));
}

static uint
make_folder(uint parent, const char *name)
{
  uint inum = new_inode(T_DIR, 0);
  if(parent){
    add_entry(parent, name, inum);
    dinode(parent)->nlink++;
  }
  add_entry(inum, ".", inum);
  add_entry(inum, "..", parent ? parent : inum);
  return inum;
}

// The folder of this name, made if it is not there.
static uint
folder(uint parent, const char *name)
{
  uint inum = find_entry(parent, name);
  if(inum == 0)
    return make_folder(parent, name);
  if(dinode(inum)->type != T_DIR)
    fail("%s is a file and a folder", name);
  return inum;
}

static void
put_file(const struct input *in)
{
  uint dir = ROOTINO;
  char *part = in->name;
  for(char *slash; (slash = strchr(part, '/')) != 0; part = slash + 1){
    *slash = 0;
    if(*part)
      dir = folder(dir, part);
  }
  uint inum = new_inode(T_FILE, 0);
  add_entry(dir, part, inum);
  append(inum, in->data, in->size);
}

static void
put_devices(void)
{
  static const struct {
    const char *name;
    short major;
  } device[] = {{"console", CONSOLE}, {"null", DEVNULL}, {"zero", DEVZERO}, {"random", DEVRANDOM}};
  uint dev = folder(ROOTINO, "dev");
  for(uint i = 0; i < sizeof(device) / sizeof(device[0]); i++)
    if(find_entry(dev, device[i].name) == 0)
      add_entry(dev, device[i].name, new_inode(T_DEVICE, device[i].major));
}

// Where the regions lie. blocks, inodes: 0: as many as will do, with as much again for those who use it.
static void
lay_out(uint blocks, uint inodes)
{
  if(inodes == 0)
    inodes = 2 * ninputs > MIN_INODES ? 2 * ninputs : MIN_INODES;
  uint inode_blocks = (inodes + IPB - 1) / IPB, data = 0;
  for(const struct input *in = inputs; in; in = in->next)
    data += (in->size + BSIZE - 1) / BSIZE + (in->size > NDIRECT * BSIZE);
  if(blocks == 0){
    blocks = 2 + LOGBLOCKS + 1 + inode_blocks + 1 + 2 * data;
    blocks = blocks > FSSIZE ? blocks : FSSIZE;
  }
  sb.magic = FSMAGIC;
  sb.size = blocks;
  sb.ninodes = inodes;
  sb.nlog = LOGBLOCKS + 1;
  sb.logstart = 2;
  sb.inodestart = sb.logstart + sb.nlog;
  sb.bmapstart = sb.inodestart + inode_blocks;
  next_block = sb.bmapstart + (blocks + BPB - 1) / BPB;
  if(next_block >= blocks)
    fail("%u blocks are too few: log, i-nodes and bitmap alone take %u", blocks, next_block);
  sb.nblocks = blocks - next_block;
  image = must(calloc(blocks, BSIZE));
  memcpy(image + BSIZE, &sb, sizeof(sb));
}

static void
mark_blocks(void)
{
  for(uint b = 0; b < next_block; b++)
    image[(size_t)BBLOCK(b, sb) * BSIZE + b % BPB / 8] |= 1 << b % 8;
}

static void
write_image(const char *name)
{
  FILE *f = fopen(name, "wb");
  if(f == 0)
    fail("%s: %s", name, strerror(errno));
  int bad = fwrite(image, BSIZE, sb.size, f) != sb.size;
  if(fclose(f) != 0 || bad){
    int why = errno;
    remove(name);
    fail("%s: %s", name, strerror(why));
  }
}

static uint
number(const char *what, const char *s, uint least, uint most)
{
  char *end;
  unsigned long n = s ? strtoul(s, &end, 10) : 0;
  if(s == 0 || *s < '0' || *s > '9' || *end || n < least || n > most)
    fail("%s wants a number from %u to %u", what, least, most);
  return n;
}

int
main(int argc, char **argv)
{
  const char *name = 0;
  uint blocks = 0, inodes = 0;
  for(int i = 1; i < argc; i++){
    if(strcmp(argv[i], "-b") == 0){
      blocks = number("-b", argv[++i], 100, MAX_BLOCKS);
    } else if(strcmp(argv[i], "-i") == 0){
      inodes = number("-i", argv[++i], 16, MAX_INODES);
    } else if(argv[i][0] == '-'){
      fail("no such option: %s", argv[i]);
    } else if(name == 0)
      name = argv[i];
    else
      add_argument(argv[i]);
  }
  if(name == 0)
    fail("usage: mkfs fs.img [-b blocks] [-i inodes] FILE[:NAME] | DIR ...");
  lay_out(blocks, inodes);
  make_folder(0, "");
  for(const struct input *in = inputs; in; in = in->next)
    put_file(in);
  put_devices();
  mark_blocks();
  write_image(name);
  return 0;
}
