// fsck: checks every invariant of a file system image (kernel/fs.h), and says of each that does not hold what is wrong.
//
//   fsck [-r] fs.img          -r: first replay the log, as the kernel does at boot
//   fsck -p NAME fs.img       print a file of the image
//
// Exit status 0: all is well; 1: it is not, or the image cannot be read.
//
// What is no fault: a file without names whose i-node is in use (the machine stopped while it was open: the kernel
// frees it at boot), and blocks that a file has beyond its size.

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/types.h"
#include "kernel/fs.h"
#include "kernel/param.h"
#include "kernel/stat.h"

#define LOGMAX (BSIZE / sizeof(uint) - 1)  // numbers that fit into the log's header

static uchar *image;
static uint image_blocks;
static struct superblock sb;
static uint data_start;

static uint nfaults, norphans, nfiles, ndirs;
static uint *owner;      // by block: number of the i-node that has it, 0: none
static uint *names;      // by i-node: entries that name it, other than "." and ".."
static uint *children;   // by i-node: directories in it
static uint *parent;     // by i-node of a directory: the one it was found in

static void __attribute__((format(printf, 1, 2)))
fault(const char *fmt, ...)
{
  va_list ap;
  nfaults++;
  printf("fsck: ");
  va_start(ap, fmt);
  vprintf(fmt, ap);
  va_end(ap);
  printf("\n");
}

static void __attribute__((noreturn, format(printf, 1, 2)))
give_up(const char *fmt, ...)
{
  va_list ap;
  fprintf(stderr, "fsck: ");
  va_start(ap, fmt);
  vfprintf(stderr, fmt, ap);
  va_end(ap);
  fprintf(stderr, "\n");
  exit(1);
}

static void *
table(size_t n)
{
  void *p = calloc(n, sizeof(uint));
  if(p == 0)
    give_up("no memory");
  return p;
}

static void *
block(uint b)
{
  return image + (size_t)b * BSIZE;
}

static const struct dinode *
dinode(uint inum)
{
  return (const struct dinode *)block(IBLOCK(inum, sb)) + inum % IPB;
}

// ---- the superblock and the log

// 1: the regions can be believed.
static int
check_superblock(void)
{
  uint before = nfaults;
  if(image_blocks < 2)
    give_up("the image has no superblock: it is shorter than 2 blocks");
  memcpy(&sb, block(1), sizeof(sb));
  uint64 log_end = (uint64)sb.logstart + sb.nlog;
  uint64 inodes_end = (uint64)sb.inodestart + ((uint64)sb.ninodes + IPB - 1) / IPB;
  uint64 bitmap_end = (uint64)sb.bmapstart + ((uint64)sb.size + BPB - 1) / BPB;
  if(sb.magic != FSMAGIC)
    fault("the magic number is %x instead of %x", sb.magic, FSMAGIC);
  if(sb.size > image_blocks)
    fault("the superblock says %u blocks, the image has %u", sb.size, image_blocks);
  if(sb.logstart < 2 || sb.nlog < 2 || log_end > sb.inodestart)
    fault("the log (%u blocks from %u) overlaps its neighbours", sb.nlog, sb.logstart);
  else if(sb.nlog <= MAXOPBLOCKS)
    fault("the log (%u blocks) is too small for one operation: the kernel does not mount it", sb.nlog);
  if(sb.ninodes < 2 || sb.ninodes > 65536 || inodes_end > sb.bmapstart)
    fault("the %u i-nodes from block %u overlap the bitmap", sb.ninodes, sb.inodestart);
  if(bitmap_end > sb.size || sb.nblocks > sb.size - bitmap_end)
    fault("the %u data blocks overlap the bitmap, or the end", sb.nblocks);
  data_start = sb.size - sb.nblocks;
  return nfaults == before;
}

// The log must be empty, or be replayed. 1: the image in memory was changed.
static int
check_log(int replay)
{
  uint *header = block(sb.logstart), n = header[0];
  if(n == 0)
    return 0;
  if(n > sb.nlog - 1 || n > LOGMAX){
    fault("the log says %u blocks and has room for %u", n, sb.nlog - 1);
    return 0;
  }
  for(uint i = 0; i < n; i++)
    if(header[1 + i] < sb.inodestart || header[1 + i] >= sb.size){
      fault("the log names block %u, which is no block for it", header[1 + i]);
      return 0;
    }
  if(!replay){
    fault("the log holds %u blocks that are not in their places: -r replays it", n);
    return 0;
  }
  for(uint i = 0; i < n; i++)
    memcpy(block(header[1 + i]), block(sb.logstart + 1 + i), BSIZE);
  header[0] = 0;
  printf("fsck: replayed %u blocks from the log\n", n);
  return 1;
}

// ---- i-nodes and their blocks

// A block number that i-node inum has. 1: it can be followed.
static int
own(uint inum, uint b)
{
  if(b < data_start || b >= sb.size){
    fault("i-node %u has block %u, which is no data block", inum, b);
    return 0;
  }
  if(owner[b]){
    fault("block %u belongs to i-nodes %u and %u", b, owner[b], inum);
    return 0;
  }
  owner[b] = inum;
  return 1;
}

static void
check_inode(uint inum)
{
  const struct dinode *d = dinode(inum);
  if(d->type == 0)
    return;
  if(d->type < T_DIR || d->type > T_DEVICE){
    fault("i-node %u has the unknown type %d", inum, d->type);
    return;
  }
  if(d->size > MAXFILE * BSIZE)
    fault("i-node %u has a size of %u bytes, more than a file can have", inum, d->size);
  if(d->nlink < 0)
    fault("i-node %u has %d names", inum, d->nlink);
  uint need = (d->size + BSIZE - 1) / BSIZE;
  const uint *indirect = 0;
  if(d->addrs[NDIRECT] && own(inum, d->addrs[NDIRECT]))
    indirect = block(d->addrs[NDIRECT]);
  for(uint i = 0; i < MAXFILE; i++){
    uint b = i < NDIRECT ? d->addrs[i] : indirect ? indirect[i - NDIRECT] : 0;
    if(b)
      own(inum, b);
    else if(i < need)
      fault("i-node %u has no block %u, but a size of %u bytes", inum, i, d->size);
  }
}

static int
marked(uint b)
{
  return ((uchar *)block(BBLOCK(b, sb)))[b % BPB / 8] >> b % 8 & 1;
}

static uint
check_bitmap(void)
{
  uint used = 0;
  for(uint b = 0; b < sb.size; b++){
    if(b < data_start && !marked(b))
      fault("block %u is not for data, but free in the bitmap", b);
    if(b >= data_start && owner[b] && !marked(b))
      fault("block %u belongs to i-node %u, but is free in the bitmap", b, owner[b]);
    if(b >= data_start && !owner[b] && marked(b))
      fault("block %u belongs to nobody, but is used in the bitmap", b);
    used += b >= data_start && owner[b];
  }
  return used;
}

// ---- directories

// Bytes of a file, where they are in one block; 0: not there.
static const void *
content(uint inum, uint off)
{
  const struct dinode *d = dinode(inum);
  uint i = off / BSIZE, b = 0;
  if(i < NDIRECT)
    b = d->addrs[i];
  else if(i < MAXFILE && d->addrs[NDIRECT] >= data_start && d->addrs[NDIRECT] < sb.size)
    b = ((uint *)block(d->addrs[NDIRECT]))[i - NDIRECT];
  return b >= data_start && b < sb.size ? (uchar *)block(b) + off % BSIZE : 0;
}

// Where a directory's entries end, in bytes; a size that no file can have is not believed.
static uint
entries_end(const struct dinode *d)
{
  uint size = d->size < MAXFILE * BSIZE ? d->size : MAXFILE * BSIZE;
  return size / sizeof(struct dirent) * sizeof(struct dirent);
}

static void
copy_name(char name[DIRSIZ + 1], const struct dirent *e)
{
  memcpy(name, e->name, DIRSIZ);
  name[DIRSIZ] = 0;
}

// Is there an entry of this name before off?
static int
named_before(uint dir, const struct dirent *e, uint off)
{
  for(uint o = 0; o < off; o += sizeof(*e)){
    const struct dirent *other = content(dir, o);
    if(other && other->inum && strncmp(other->name, e->name, DIRSIZ) == 0)
      return 1;
  }
  return 0;
}

// An entry other than "." and "..".
static void
check_entry(uint dir, const struct dirent *e, uint off)
{
  char name[DIRSIZ + 1];
  copy_name(name, e);
  if(name[0] == 0 || strchr(name, '/'))
    fault("directory %u has an entry with the name '%s'", dir, name);
  if(e->inum >= sb.ninodes || dinode(e->inum)->type == 0){
    fault("directory %u: '%s' leads to i-node %u, which is free or none", dir, name, e->inum);
    return;
  }
  if(named_before(dir, e, off))
    fault("directory %u has two entries '%s'", dir, name);
  names[e->inum]++;
  if(dinode(e->inum)->type == T_DIR){
    children[dir]++;
    if(parent[e->inum])
      fault("directory %u is in directories %u and %u", e->inum, parent[e->inum], dir);
    parent[e->inum] = dir;
  }
}

static void
check_dir(uint dir)
{
  const struct dinode *d = dinode(dir);
  int self = 0, up = 0;
  if(d->size % sizeof(struct dirent))
    fault("directory %u has a size of %u bytes, which is no number of entries", dir, d->size);
  for(uint off = 0; off < entries_end(d); off += sizeof(struct dirent)){
    const struct dirent *e = content(dir, off);
    if(e == 0 || e->inum == 0)
      continue;
    if(strncmp(e->name, ".", DIRSIZ) == 0){
      self++;
      if(e->inum != dir)
        fault("directory %u: '.' leads to i-node %u", dir, e->inum);
    } else if(strncmp(e->name, "..", DIRSIZ) == 0){
      up++;
    } else
      check_entry(dir, e, off);
  }
  if(self != 1 || up != 1)
    fault("directory %u has %d entries '.' and %d entries '..'", dir, self, up);
}

// ".." must lead to where the directory was found.
static void
check_up(uint dir)
{
  const struct dinode *d = dinode(dir);
  uint want = dir == ROOTINO ? ROOTINO : parent[dir];
  for(uint off = 0; off < entries_end(d); off += sizeof(struct dirent)){
    const struct dirent *e = content(dir, off);
    if(e && e->inum && strncmp(e->name, "..", DIRSIZ) == 0 && e->inum != want)
      fault("directory %u: '..' leads to i-node %u instead of %u", dir, e->inum, want);
  }
}

// Does a walk up from this directory end at the root?
static int
reachable(uint dir)
{
  for(uint steps = 0; dir && dir != ROOTINO; dir = parent[dir])
    if(++steps > sb.ninodes)
      return 0;
  return dir == ROOTINO;
}

static void
check_names(uint inum)
{
  const struct dinode *d = dinode(inum);
  int is_dir = d->type == T_DIR;
  if(d->type == 0)
    return;
  if(d->nlink == 0 && names[inum] == 0 && inum != ROOTINO){
    norphans++;
    return;
  }
  is_dir ? ndirs++ : nfiles++;
  uint want = is_dir ? 1 + children[inum] : names[inum];
  if((uint)d->nlink != want)
    fault("i-node %u says %d names, and has %u", inum, d->nlink, want);
  if(names[inum] == 0 && inum != ROOTINO)
    fault("no name leads to i-node %u", inum);
  if(is_dir){
    check_up(inum);
    if(!reachable(inum))
      fault("no way from the root leads to directory %u", inum);
  }
}

static void
check_all(const char *name)
{
  owner = table(sb.size);
  names = table(sb.ninodes);
  children = table(sb.ninodes);
  parent = table(sb.ninodes);
  for(uint i = 1; i < sb.ninodes; i++)
    check_inode(i);
  uint used = check_bitmap();
  if(dinode(ROOTINO)->type != T_DIR)
    fault("i-node %d, the root, is no directory", ROOTINO);
  for(uint i = 1; i < sb.ninodes; i++)
    if(dinode(i)->type == T_DIR && dinode(i)->nlink > 0)
      check_dir(i);
  for(uint i = 1; i < sb.ninodes; i++)
    check_names(i);
  free(owner);
  free(names);
  free(children);
  free(parent);
  printf("%s: %u faults; %u files, %u directories, %u orphans; %u of %u data blocks used\n", name, nfaults, nfiles, ndirs,
    norphans, used, sb.nblocks);
}

// ---- printing a file

static uint
find(uint dir, const char *name, uint len)
{
  const struct dinode *d = dinode(dir);
  for(uint off = 0; off < entries_end(d) && d->type == T_DIR; off += sizeof(struct dirent)){
    const struct dirent *e = content(dir, off);
    if(e && e->inum && e->inum < sb.ninodes && strnlen(e->name, DIRSIZ) == len && memcmp(e->name, name, len) == 0)
      return e->inum;
  }
  return 0;
}

static int
print_file(const char *path)
{
  uint inum = ROOTINO;
  for(const char *p = path; *p && inum;){
    uint len = strcspn(p, "/");
    if(len)
      inum = find(inum, p, len);
    p += len + (p[len] == '/');
  }
  if(inum == 0){
    fprintf(stderr, "fsck: there is no %s in the image\n", path);
    return 1;
  }
  const struct dinode *d = dinode(inum);
  for(uint off = 0, m; off < d->size && off < MAXFILE * BSIZE; off += m){
    const void *data = content(inum, off);
    m = d->size - off < BSIZE ? d->size - off : BSIZE;
    if(data)
      fwrite(data, 1, m, stdout);
    else
      for(uint i = 0; i < m; i++)
        putchar(0);
  }
  return 0;
}

// ----

static FILE *
read_image(const char *name, const char *mode)
{
  FILE *f = fopen(name, mode);
  if(f == 0)
    give_up("%s: %s", name, strerror(errno));
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  image_blocks = size < 0 ? 0 : size / BSIZE;
  image = malloc((size_t)image_blocks * BSIZE + 1);
  if(image == 0)
    give_up("no memory");
  if(fread(image, BSIZE, image_blocks, f) != image_blocks)
    give_up("%s: it does not read", name);
  return f;
}

static void
write_image(FILE *f, const char *name)
{
  rewind(f);
  if(fwrite(image, BSIZE, image_blocks, f) != image_blocks || fflush(f) != 0)
    give_up("%s: %s", name, strerror(errno));
}

int
main(int argc, char **argv)
{
  int replay = 0;
  const char *name = 0, *print = 0;
  for(int i = 1; i < argc; i++){
    if(strcmp(argv[i], "-r") == 0)
      replay = 1;
    else if(strcmp(argv[i], "-p") == 0 && i + 1 < argc)
      print = argv[++i];
    else if(argv[i][0] == '-' || name)
      give_up("usage: fsck [-r] [-p NAME] fs.img");
    else
      name = argv[i];
  }
  if(name == 0)
    give_up("usage: fsck [-r] [-p NAME] fs.img");
  nfaults = norphans = nfiles = ndirs = 0;
  FILE *f = read_image(name, replay ? "r+b" : "rb");
  int status = 1;
  if(check_superblock()){
    if(check_log(replay))
      write_image(f, name);
    if(print)
      status = print_file(print);
    else {
      check_all(name);
      status = nfaults > 0;
    }
  }
  fclose(f);
  free(image);
  return status;
}
