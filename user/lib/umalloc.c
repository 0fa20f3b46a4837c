// malloc and free.
//
// The heap is a row of chunks. Each starts with a tag (its size, in use or not, and a check value) and a free one
// ends with its size, so that the neighbours on both sides are found in one step and free chunks never lie next to
// each other. Free chunks hang in lists by size, one for each power of two; a bit map tells which lists hold any.
// Both calls look at a bounded number of chunks: malloc tries the first few of the list that may fit, then takes from
// the next list in which every chunk fits. A free() of what is not an allocated chunk ends the program with a sentence.

#include "user/rxv.h"
#include "user/user.h"

#pragma weak calloc
#pragma weak realloc
#pragma weak xmalloc
#pragma weak xrealloc

#define ALIGN 16
#define NLIST 32
#define TRIES 8                // chunks looked at in the list that may fit
#define GROW (64 * 1024)       // bytes that sbrk is asked for at least
#define FIRST_GROW (16 * 1024)  // the same, the first time: most programs need little
#define LARGEST 0x7ff00000u    // bytes; sbrk's argument is an int

// A chunk. Sizes include the tag and are multiples of ALIGN; the user's bytes start after it.
struct chunk {
  uint size;
  uint8 used;       // 1: allocated
  uint8 prev_used;  // 1: the one before is allocated, or there is none. 0: its size lies just before this
  uint16 check;     // tag_check() of it
  uint64 unused;
  struct chunk *next, *prev;  // while free
};

#define TAG 16             // bytes before the user's
#define LEAST 48           // tag, links, size at the end

static struct chunk *lists[NLIST];
static uint nonempty;      // bit i: lists[i] is not empty
static struct chunk *end;  // a tag of size 0, in use, after the last chunk; 0: no heap yet

static uint16
tag_check(const struct chunk *c)
{
  uint64 v = (uint64)c / ALIGN;
  return (uint16)(v ^ v >> 16 ^ c->size / ALIGN ^ 0xa5c3u);
}

static void
set_tag(struct chunk *c, uint size, int used, int prev_used)
{
  c->size = size;
  c->used = used;
  c->prev_used = prev_used;
  c->check = tag_check(c);
}

static struct chunk *
after(struct chunk *c)
{
  return (struct chunk *)((char *)c + c->size);
}

static uint *
size_at_end(struct chunk *c)
{
  return (uint *)((char *)c + c->size) - 1;
}

// The list of chunks of this size: the highest bit that is set.
static int
list_of(uint size)
{
  int i = 0;
  while(size >>= 1)
    i++;
  return i;
}

static void
insert(struct chunk *c)
{
  int i = list_of(c->size);
  c->prev = 0;
  c->next = lists[i];
  if(c->next)
    c->next->prev = c;
  lists[i] = c;
  nonempty |= 1u << i;
  *size_at_end(c) = c->size;
}

static void
take_out(struct chunk *c)
{
  int i = list_of(c->size);
  if(c->next)
    c->next->prev = c->prev;
  if(c->prev)
    c->prev->next = c->next;
  else
    lists[i] = c->next;
  if(lists[i] == 0)
    nonempty &= ~(1u << i);
}

// c is no longer in use: joined with its free neighbours, and on a list.
static void
release(struct chunk *c)
{
  struct chunk *n = after(c);
  if(!n->used){
    take_out(n);
    c->size += n->size;
  }
  if(!c->prev_used){
    struct chunk *p = (struct chunk *)((char *)c - ((uint *)c)[-1]);
    take_out(p);
    p->size += c->size;
    c = p;
  }
  set_tag(c, c->size, 0, c->prev_used);
  n = after(c);
  n->prev_used = 0;
  insert(c);
}

// More heap, with a chunk of at least size bytes on a list: 0, or -1.
static int
grow(uint size)
{
  uint n = end == 0 ? FIRST_GROW : GROW;
  if(size > n)
    n = (size + GROW - 1) / GROW * GROW;
  if(size > n - 4 * ALIGN)
    n += GROW;
  char *p = sbrk(n);
  if(p == SBRK_ERROR)
    return -1;
  struct chunk *c;
  uint64 skip = -(uint64)p & (ALIGN - 1);
  if(end != 0 && p == (char *)end + TAG){
    c = end;  // goes on where the heap ended
    set_tag(c, n / ALIGN * ALIGN, 1, c->prev_used);
  } else {
    c = (struct chunk *)(p + skip);
    set_tag(c, (n - skip) / ALIGN * ALIGN - TAG, 1, 1);
  }
  end = after(c);
  set_tag(end, 0, 1, 1);
  release(c);
  return 0;
}

// A free chunk of at least size bytes, off its list; 0: there is none.
static struct chunk *
find(uint size)
{
  int i = list_of(size), tries = TRIES;
  for(struct chunk *c = lists[i]; c && tries > 0; c = c->next, tries--){
    if(c->size >= size){
      take_out(c);
      return c;
    }
  }
  uint larger = nonempty & ~((2u << i) - 1);
  if(larger == 0)
    return 0;
  struct chunk *c = lists[list_of(larger & -larger)];
  take_out(c);
  return c;
}

void *
malloc(uint n)
{
  if(n > LARGEST)
    return 0;
  uint size = (n + TAG + ALIGN - 1) / ALIGN * ALIGN;
  if(size < LEAST)
    size = LEAST;
  struct chunk *c = find(size);
  if(c == 0){
    if(grow(size) < 0)
      return 0;
    c = find(size);
    if(c == 0)
      return 0;
  }
  uint rest = c->size - size;
  if(rest >= LEAST){
    set_tag(c, size, 1, c->prev_used);
    struct chunk *r = after(c);
    set_tag(r, rest, 0, 1);
    insert(r);
  } else {
    set_tag(c, c->size, 1, c->prev_used);
    after(c)->prev_used = 1;
  }
  return (char *)c + TAG;
}

// The chunk of p, which must be allocated.
static struct chunk *
chunk_of(void *p, const char *who)
{
  struct chunk *c = (struct chunk *)((char *)p - TAG);
  if(((uint64)p & (ALIGN - 1)) == 0 && end != 0 && c < end && c->check == tag_check(c) && c->used)
    return c;
  fprintf(2, "%s: %s of %p, which is not allocated\n", progname, who, p);
  exit(1);
}

void
free(void *p)
{
  if(p != 0)
    release(chunk_of(p, "free"));
}

void *
calloc(uint n, uint size)
{
  uint64 bytes = (uint64)n * size;
  void *p = bytes > LARGEST ? 0 : malloc(bytes);
  if(p)
    memset(p, 0, bytes);
  return p;
}

void *
realloc(void *p, uint n)
{
  if(p == 0)
    return malloc(n);
  uint had = chunk_of(p, "realloc")->size - TAG;
  if(n <= had)
    return p;
  void *q = malloc(n);
  if(q == 0)
    return 0;
  memcpy(q, p, had);
  free(p);
  return q;
}

// Says so without formatting, which takes more of the stack than whoever asks for memory may have left.
static void __attribute__((noreturn, noinline))
no_memory(void)
{
  write_all(2, progname, strlen(progname));
  write_all(2, ": no memory\n", 12);
  exit(1);
}

void *
xmalloc(uint n)
{
  void *p = malloc(n);
  if(p == 0)
    no_memory();
  return p;
}

void *
xrealloc(void *p, uint n)
{
  p = realloc(p, n);
  if(p == 0)
    no_memory();
  return p;
}
