// What the tests make the file system do. Each run_ function has a process of the host to itself.

#include "core/string.h"
#include "fs/file.h"
#include "host.h"
#include "kshim.h"
#include "mm/layout.h"
#include "sched/proc.h"

#define SAVED 75           // numbers in the file "cur", all the same
#define RECORD 25          // numbers in a record of the file "log"
#define HELD 3             // files that are kept open after they lost their names

static void
mount(void)
{
  become_process();
  file_init();
  if(bio_init() < 0 || fs_init(ROOTDEV) < 0)
    host_fail("the file system does not start");
}

// ---- files, as programs use them

static struct file *
open_file(const char *path, int flags)
{
  struct file *f = filealloc();
  if(f == 0)
    return 0;
  if(file_open(f, path, flags) == 0)
    return f;
  fileclose(f);
  return 0;
}

static int
write_file(const char *path, int flags, const void *data, uint n)
{
  struct file *f = open_file(path, O_CREATE | O_WRONLY | flags);
  if(f == 0)
    return -1;
  int done = filewrite(f, (uint64)data, n);
  fileclose(f);
  return done;
}

static int
read_file(const char *path, void *data, uint n)
{
  struct file *f = open_file(path, O_RDONLY);
  if(f == 0)
    return -1;
  int done = fileread(f, (uint64)data, n);
  fileclose(f);
  return done;
}

// ---- anything, anywhere in a small tree

struct actor {
  uint seed;
  struct file *held[HELD];
};

static int many_names;   // directories get more than one block of entries

// One of a few paths: up to three directories d0..d3, then a file f0..f5 or a directory.
static void
random_path(struct actor *a, char *path)
{
  char *p = path;
  for(uint depth = next_random(&a->seed) % 4; depth; depth--){
    *p++ = 'd';
    *p++ = '0' + next_random(&a->seed) % 4;
    *p++ = '/';
  }
  int is_dir = next_random(&a->seed) % 4 == 0;
  *p++ = is_dir ? 'd' : 'f';
  *p++ = '0' + next_random(&a->seed) % (is_dir ? 4 : 6);
  if(many_names){
    *p++ = 'a' + next_random(&a->seed) % 20;
    if(is_dir)
      p--;
  }
  *p = 0;
}

static uint8 stuff[MAXFILE * BSIZE];

static void
write_something(struct actor *a, const char *path)
{
  uint n = next_random(&a->seed) % 8 == 0 ? next_random(&a->seed) % sizeof(stuff) : next_random(&a->seed) % 5000;
  write_file(path, next_random(&a->seed) % 2 ? O_TRUNC : O_APPEND, stuff, n);
}

static void
read_something(struct actor *a, const char *path)
{
  static __thread uint8 data[8192];
  struct file *f = open_file(path, O_RDONLY);
  struct stat st;
  if(f == 0)
    return;
  while(fileread(f, (uint64)data, 1 + next_random(&a->seed) % sizeof(data)) > 0)
    ;
  filestat(f, &st);
  fileclose(f);
}

// A file that is open and has no name any more.
static void
hold_something(struct actor *a, const char *path)
{
  struct file **slot = &a->held[next_random(&a->seed) % HELD];
  if(*slot)
    fileclose(*slot);
  *slot = open_file(path, O_CREATE | O_RDWR);
  fs_unlink(path);
  if(*slot)
    filewrite(*slot, (uint64)stuff, next_random(&a->seed) % 20000);
}

static void
do_something(struct actor *a)
{
  char path[40], other[40];
  random_path(a, path);
  random_path(a, other);
  switch(next_random(&a->seed) % 12){
  case 0:
  case 1:
    fs_mkdir(path);
    break;
  case 2:
  case 3:
    write_something(a, path);
    break;
  case 4:
    read_something(a, path);
    break;
  case 5:
  case 6:
    fs_rename(path, other);
    break;
  case 7:
    fs_link(path, other);
    break;
  case 8:
  case 9:
    fs_unlink(path);
    break;
  case 10:
    hold_something(a, path);
    break;
  case 11:
    fs_mknod(path, 2, 0);
    break;
  }
}

static void
let_go(struct actor *a)
{
  for(int i = 0; i < HELD; i++)
    if(a->held[i])
      fileclose(a->held[i]);
}

// ---- many at once

static int crowd_steps, crowd_left;

static void
crowd_member(void *arg)
{
  struct actor a = {.seed = (uint)(uint64)arg};
  become_process();
  for(int i = 0; i < crowd_steps; i++)
    do_something(&a);
  let_go(&a);
  __atomic_fetch_sub(&crowd_left, 1, __ATOMIC_SEQ_CST);
}

static void
start_crowd(uint seed, int threads, int steps)
{
  crowd_steps = steps;
  crowd_left = threads;
  for(int i = 0; i < threads; i++)
    host_thread(crowd_member, (void *)(uint64)(seed + i * 7919));
}

static void
crowd(uint seed, int threads, int steps)
{
  start_crowd(seed, threads, steps);
  while(__atomic_load_n(&crowd_left, __ATOMIC_SEQ_CST))
    host_pause();
}

// ---- a workload whose crashes can be judged

static int may_fail;     // the disk may refuse a change; then it has not happened

// The file "cur" is replaced, whole, by one that holds the next version's number.
static void
save(uint version)
{
  uint data[SAVED];
  for(int i = 0; i < SAVED; i++)
    data[i] = version;
  int done = write_file("tmp", O_TRUNC, data, sizeof(data));
  if(done != sizeof(data) && may_fail)
    return;
  if(done != sizeof(data) || (fs_rename("tmp", "cur") != 0 && !may_fail))
    host_fail("version %u is not saved", version);
}

// result: 1 if it was written.
static int
add_record(uint number)
{
  uint data[RECORD];
  for(int i = 0; i < RECORD; i++)
    data[i] = number;
  int done = write_file("log", O_APPEND, data, sizeof(data));
  if(done != sizeof(data) && !may_fail)
    host_fail("record %u is not written", number);
  return done == sizeof(data);
}

// A sync that works is noted in the trace. Versions that were not saved are not counted.
static void
sync_and_note(uint records)
{
  uint data[SAVED] = {0};
  read_file("cur", data, sizeof(data));
  if(fs_sync() == 0)
    record_synced(data[0], records);
  else if(!may_fail)
    host_fail("sync fails");
}

void
run_workload(unsigned seed, int steps, int errors)
{
  struct actor a = {.seed = seed};
  uint version = 0, records = 0;
  mount();
  may_fail = errors;
  fail_transfers(0, errors ? 5 : 0);
  start_crowd(seed + 1, 2, steps);
  for(int i = 0; i < steps; i++){
    switch(next_random(&a.seed) % 8){
    case 0:
      save(++version);
      break;
    case 1:
      records += add_record(records);
      break;
    case 2:
      if(next_random(&a.seed) % 4 == 0)
        sync_and_note(records);
      break;
    default:
      do_something(&a);
    }
  }
}

static void
check_saved(uint version)
{
  uint data[SAVED + 1];
  int n = read_file("cur", data, sizeof(data));
  if(n < 0 && version == 0)
    return;
  if(n != SAVED * sizeof(uint))
    host_fail("the saved file has %d bytes", n);
  for(int i = 0; i < SAVED; i++)
    if(data[i] != data[0] || data[i] < version)
      host_fail("the saved file holds version %u at %d, version %u at 0; %u was synced", data[i], i, data[0], version);
}

static void
check_records(uint records)
{
  static uint data[MAXFILE * BSIZE / sizeof(uint)];
  int n = read_file("log", data, sizeof(data));
  n = n < 0 ? 0 : n;
  if(n % (RECORD * sizeof(uint)) || n / (RECORD * sizeof(uint)) < records)
    host_fail("the log has %d bytes; %u records were synced", n, records);
  for(uint i = 0; i < n / sizeof(uint); i++)
    if(data[i] != i / RECORD)
      host_fail("record %u holds %u", i / RECORD, data[i]);
}

void
check_recovered(unsigned version, unsigned records)
{
  static uint8 back[20 * BSIZE];
  mount();
  check_saved(version);
  check_records(records);
  memset(stuff, 'x', sizeof(back));
  fs_unlink("again/f");  // of a recovery that was cut later than while it replayed the log
  fs_unlink("again");
  if(fs_mkdir("again") != 0 || write_file("again/f", 0, stuff, sizeof(back)) != sizeof(back))
    host_fail("the recovered file system does not work");
  if(fs_sync() != 0)
    host_fail("sync fails after recovery");
  if(read_file("again/f", back, sizeof(back)) != sizeof(back) || memcmp(back, stuff, sizeof(back)) != 0)
    host_fail("what was written after recovery is not read");
  if(fs_unlink("again/f") != 0 || fs_unlink("again") != 0)
    host_fail("what was made after recovery is not removed");
}

// ---- what crowds leave behind

static void
check_nothing_held(void)
{
  uint32 n, nfree;
  file_counts(&n, &nfree);
  if(n != nfree)
    host_fail("%u of %u open files are left over", n - nfree, n);
  fs_counts(&n, &nfree);
  if(n != nfree)
    host_fail("%u of %u i-nodes are left over", n - nfree, n);
}

void
run_crowd(unsigned seed, int threads, int steps)
{
  mount();
  crowd(seed, threads, steps);
  check_nothing_held();
  if(fs_sync() != 0)
    host_fail("sync fails");
}

// A directory may not move into one that is full on a full disk, and is where it was.
static void
check_full_move(void)
{
  char name[] = "to/..";
  struct inode *up, *from;
  if(fs_mkdir("to") || fs_mkdir("from") || fs_mkdir("from/d") || write_file("one", 0, "1", 1) != 1)
    host_fail("the disk is full too early");
  for(int i = 0; i < BSIZE / (int)sizeof(struct dirent) - 2; i++){
    name[3] = 'a' + i % 26;
    name[4] = 'a' + i / 26;
    if(fs_link("one", name) != 0)
      host_fail("link %d fails", i);
  }
  while(write_file("filler9", O_APPEND, stuff, BSIZE) == BSIZE)
    ;
  if(fs_rename("from/d", "to/d") != -ENOSPC)
    host_fail("the full directory takes one more");
  if(fs_lookup("from/d/..", &up) != 0 || fs_lookup("from", &from) != 0 || up != from)
    host_fail("the directory has lost its way up");
  iput(up);
  iput(from);
}

// Blocks that the bitmap on the disk says are free.
static uint
blocks_free(void)
{
  const struct superblock *s = (const void *)(disk + BSIZE);
  const unsigned char *map = disk + s->bmapstart * BSIZE;
  uint n = 0;
  if(fs_stop() < 0)
    host_fail("the log cannot be emptied");
  for(uint b = 0; b < s->size; b++)
    n += (map[b / 8] >> b % 8 & 1) == 0;
  return n;
}

void
run_full(unsigned seed, int threads, int steps)
{
  char name[] = "filler0";
  uint nfree;
  mount();
  many_names = 1;
  for(int i = 0; i < 9; i++, name[6]++){
    if((nfree = blocks_free()) > 12)
      write_file(name, 0, stuff, MIN(nfree - 12, MAXFILE) * BSIZE);
  }
  check_full_move();
  crowd(seed, threads, steps);
  check_nothing_held();
  if(fs_sync() != 0)
    host_fail("sync fails");
}

void
run_errors(unsigned seed, int steps)
{
  mount();
  fail_transfers(30, 10);
  crowd(seed, 3, steps);
  for(int i = 0; i < 5; i++)
    fs_sync();
  fail_transfers(0, 0);
  int tries = 0;
  while(fs_sync() != 0)
    if(++tries > 10)
      host_fail("the disk works again, and sync still fails");
  check_nothing_held();
}

void
run_bad_image(void)
{
  struct actor a = {.seed = 99};
  struct stat st;
  become_process();
  file_init();
  if(bio_init() < 0)
    host_fail("no buffers");
  if(fs_init(ROOTDEV) < 0)
    return;
  static const char *const there[] = {"cur", "log", "d0", "d1", "f0", "f1", "d0/f0", "d0/..", "d1/.", "dev/null"};
  for(uint i = 0; i < NELEM(there); i++){
    struct file *f = open_file(there[i], O_RDONLY);
    if(f){
      filestat(f, &st);
      fileclose(f);
    }
    read_something(&a, there[i]);
    write_file(there[i], 0, stuff, 3000);
    fs_chdir(there[i]);
    fs_chdir("/");
    fs_rename(there[i], "d3");
    fs_link(there[i], "f5");
    write_something(&a, there[i]);
  }
  for(int i = 0; i < 150; i++)
    do_something(&a);
  for(uint i = 0; i < NELEM(there); i++)
    fs_unlink(there[i]);
  let_go(&a);
  fs_sync();
}

// ---- pipes

#define PIPERS 3
static struct file *pipe_rd, *pipe_wr;
static uint64 piped_in, piped_out;

static void
pipe_writer(void *arg)
{
  uint8 data[6000];
  uint seed = (uint)(uint64)arg;
  become_process();
  memset(data, (uint)(uint64)arg, sizeof(data));
  for(int i = 0; i < 300; i++){
    uint n = 1 + next_random(&seed) % sizeof(data);
    if(filewrite(pipe_wr, (uint64)data, n) != (int)n)
      host_fail("a write of %u bytes to the pipe falls short", n);
    __atomic_fetch_add(&piped_in, (uint64)n * data[0], __ATOMIC_RELAXED);
  }
  fileclose(pipe_wr);
  __atomic_fetch_sub(&crowd_left, 1, __ATOMIC_SEQ_CST);
}

static void
pipe_reader(void *arg)
{
  uint8 data[3000];
  uint seed = (uint)(uint64)arg;
  int n;
  become_process();
  while((n = fileread(pipe_rd, (uint64)data, 1 + next_random(&seed) % sizeof(data))) > 0){
    uint64 sum = 0;
    for(int i = 0; i < n; i++)
      sum += data[i];
    __atomic_fetch_add(&piped_out, sum, __ATOMIC_RELAXED);
  }
  fileclose(pipe_rd);
  __atomic_fetch_sub(&crowd_left, 1, __ATOMIC_SEQ_CST);
}

void
run_pipes(unsigned seed)
{
  become_process();
  file_init();
  if(pipe_alloc(&pipe_rd, &pipe_wr) < 0)
    host_fail("no pipe");
  crowd_left = 2 * PIPERS;
  for(int i = 0; i < PIPERS; i++){
    filedup(pipe_rd);
    filedup(pipe_wr);
  }
  for(int i = 0; i < PIPERS; i++){
    host_thread(pipe_writer, (void *)(uint64)(seed + i));
    host_thread(pipe_reader, (void *)(uint64)(seed + i));
  }
  fileclose(pipe_rd);
  fileclose(pipe_wr);
  while(__atomic_load_n(&crowd_left, __ATOMIC_SEQ_CST))
    host_pause();
  if(piped_in != piped_out)
    host_fail("the pipe took %lu and gave %lu", (unsigned long)piped_in, (unsigned long)piped_out);
}
