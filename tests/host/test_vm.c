// Address spaces: regions, what they show, the heap between them, and copies (kernel/mm/vm.c).

#include "fixture.h"
#include "core/check.h"
#include "mm/kalloc.h"
#include "mm/vm.h"

#define RW (PTE_R | PTE_W)
#define HEAP (4UL * PGSIZE)    // where it begins
#define ABOVE (64UL * PGSIZE)  // a region above the heap

static uint64 kernel_half[512];
uint64 *kernel_root = kernel_half;
static int faults;  // how often a page may have had to be waited for

void
check_may_sleep(struct spinlock *lk, const char *what)
{
}

void
check_order_none(const char *what)
{
  faults++;
}

static struct vm *
space(void)
{
  struct vm *vm = vm_create();
  CHECK(vm != 0);
  vm->size = HEAP;
  return vm;
}

// An object of a few pages, each full of its number.
#define NPAGE 4

static struct {
  struct vmobject object;
  uint8 *page[NPAGE];
  int ended;
} file;

static void *
file_page(struct vmobject *o, uint64 offset)
{
  if(offset / PGSIZE >= NPAGE)
    return 0;
  kref(file.page[offset / PGSIZE]);
  return file.page[offset / PGSIZE];
}

static void
file_end(struct vmobject *o)
{
  for(int i = 0; i < NPAGE; i++){
    CHECK_EQ(krefs(file.page[i]), 1);
    kfree(file.page[i]);
  }
  file.ended++;
}

static void
make_file(void)
{
  file.object = (struct vmobject){ .refs = 1, .page = file_page, .end = file_end };
  file.ended = 0;
  for(int i = 0; i < NPAGE; i++)
    memset(file.page[i] = kalloc(), i + 1, PGSIZE);
}

// An address space with pages 1 to 3 of it, and one that it does not have, at ABOVE.
static struct vm *
space_with_file(int perm, int flags)
{
  struct vm *vm = space();
  make_file();
  CHECK_EQ(vm_add(vm, &(struct region){ .start = ABOVE, .end = ABOVE + 4 * PGSIZE, .perm = perm, .flags = flags,
                                        .object = &file.object, .offset = PGSIZE }), 0);
  return vm;
}

// The last address space that shows it goes, and then its maker's reference.
static void
end_with_file(struct vm *vm)
{
  vm_put(vm);
  CHECK_EQ(file.ended, 0);
  vmobject_put(&file.object);
  CHECK_EQ(file.ended, 1);
}

static int
read_byte(struct vm *vm, uint64 va)
{
  uint8 *page = vm_page(vm, va, PTE_R);
  return page ? page[va % PGSIZE] : -1;
}

static int
write_byte(struct vm *vm, uint64 va, int v)
{
  uint8 *page = vm_page(vm, va, PTE_W);
  if(page)
    page[va % PGSIZE] = v;
  return page ? 0 : -1;
}

// Regions are apart, in order, bounded in number, and of whole pages.
TEST(vm_regions)
{
  struct vm *vm = space();
  CHECK_EQ(vm_add_zeros(vm, ABOVE, ABOVE + 2 * PGSIZE, RW), 0);
  CHECK_EQ(vm_add_zeros(vm, ABOVE + PGSIZE, ABOVE + 3 * PGSIZE, RW), -EINVAL);
  CHECK_EQ(vm_add_zeros(vm, ABOVE - PGSIZE, ABOVE + PGSIZE, RW), -EINVAL);
  CHECK_EQ(vm_add_zeros(vm, ABOVE - PGSIZE, ABOVE + 9 * PGSIZE, RW), -EINVAL);
  CHECK_EQ(vm_add_zeros(vm, ABOVE, ABOVE, RW), -EINVAL);
  CHECK_EQ(vm_add_zeros(vm, 8, PGSIZE, RW), -EINVAL);
  CHECK_EQ(vm_add_zeros(vm, 0, PGSIZE + 8, RW), -EINVAL);
  CHECK_EQ(vm_add_zeros(vm, 0, MAXVA + PGSIZE, RW), -EINVAL);
  CHECK_EQ(vm_add_zeros(vm, 0, PGSIZE, PTE_W | PTE_X), -EINVAL);
  make_file();
  CHECK_EQ(vm_add(vm, &(struct region){ .end = PGSIZE, .perm = PTE_R, .object = &file.object, .offset = 8 }), -EINVAL);
  CHECK_EQ(file.object.refs, 1);
  CHECK_EQ(vm_add_zeros(vm, ABOVE - PGSIZE, ABOVE, PTE_R), 0);  // they may touch
  for(int i = vm->nregion; i < NREGION; i++)
    CHECK_EQ(vm_add_zeros(vm, i * PGSIZE, (i + 1) * PGSIZE, RW), 0);
  CHECK_EQ(vm_add_zeros(vm, 2 * ABOVE, 3 * ABOVE, RW), -ENOMEM);
  for(int i = 1; i < vm->nregion; i++)
    CHECK(vm->region[i - 1].end <= vm->region[i].start);
  CHECK_EQ(write_byte(vm, ABOVE - 1, 1), -1);
  CHECK_EQ(write_byte(vm, ABOVE, 1), 0);
  faults = 0;
  CHECK_EQ(vm_present(vm, ABOVE + 5, PTE_W), 1);
  CHECK_EQ(vm_present(vm, ABOVE + PGSIZE, PTE_R), 0);
  CHECK_EQ(write_byte(vm, ABOVE, 1), 0);
  CHECK_EQ(faults, 0);
  CHECK_EQ(write_byte(vm, ABOVE + PGSIZE, 1), 0);
  CHECK_EQ(faults, 1);
  end_with_file(vm);
}

// The heap grows up to what stands above it, and shrinks without it.
TEST(vm_heap_below_a_region)
{
  struct vm *vm = space_with_file(RW, 0);
  CHECK_EQ(write_byte(vm, ABOVE, 77), 0);
  CHECK_EQ(vm_sbrk(vm, 3 * PGSIZE, 1), HEAP);
  CHECK_EQ(write_byte(vm, HEAP, 5), 0);
  CHECK_EQ(vm_sbrk(vm, ABOVE - HEAP - 3 * PGSIZE + 1, 0), (uint64)-1);  // one byte too many
  CHECK_EQ(vm->size, HEAP + 3 * PGSIZE);
  CHECK_EQ(vm_sbrk(vm, ABOVE - HEAP - 3 * PGSIZE, 0), HEAP + 3 * PGSIZE);
  CHECK_EQ(vm->nregion, 2);  // it is one region, which has grown
  CHECK_EQ(write_byte(vm, ABOVE - 1, 6), 0);
  CHECK_EQ(vm_sbrk(vm, 1, 0), (uint64)-1);
  CHECK_EQ(read_byte(vm, ABOVE), 77);
  CHECK_EQ(vm_sbrk(vm, -(int64)ABOVE, 0), ABOVE);  // all of it
  CHECK_EQ(vm->size, 0);
  CHECK_EQ(vm->nregion, 1);
  CHECK_EQ(read_byte(vm, ABOVE - 1), -1);
  CHECK_EQ(read_byte(vm, HEAP), -1);
  CHECK_EQ(read_byte(vm, ABOVE), 77);
  CHECK_EQ(vm->resident, 1);
  CHECK_EQ(file.object.refs, 2);
  vmobject_put(&file.object);
  CHECK_EQ(file.ended, 0);
  vm_put(vm);
  CHECK_EQ(file.ended, 1);
}

// What is not shared is the object's page until it is written to, then a copy.
TEST(vm_object_private)
{
  struct vm *vm = space_with_file(RW, 0);
  CHECK_EQ(read_byte(vm, ABOVE + 10), 2);
  CHECK_EQ(vm_page(vm, ABOVE, PTE_R), file.page[1]);
  CHECK_EQ(krefs(file.page[1]), 2);
  CHECK_EQ(vm_present(vm, ABOVE, PTE_W), 0);
  CHECK_EQ(write_byte(vm, ABOVE + 10, 99), 0);           // it was there
  CHECK_EQ(write_byte(vm, ABOVE + PGSIZE + 10, 98), 0);  // it was not
  CHECK_EQ(read_byte(vm, ABOVE + 10), 99);
  CHECK_EQ(read_byte(vm, ABOVE + 11), 2);
  CHECK_EQ(read_byte(vm, ABOVE + PGSIZE + 10), 98);
  CHECK_EQ(read_byte(vm, ABOVE + PGSIZE + 11), 3);
  CHECK_EQ(file.page[1][10], 2);
  CHECK_EQ(file.page[2][10], 3);
  CHECK_EQ(krefs(file.page[1]), 1);
  CHECK_EQ(krefs(file.page[2]), 1);
  CHECK_EQ(read_byte(vm, ABOVE + 3 * PGSIZE), -1);       // the object has no more
  CHECK_EQ(vm->resident, 2);
  end_with_file(vm);
}

// What is read only is never written to, and no memory is needed to read it.
TEST(vm_object_read_only)
{
  struct vm *vm = space_with_file(PTE_R, 0);
  CHECK_EQ(write_byte(vm, ABOVE, 1), -1);
  CHECK_EQ(read_byte(vm, ABOVE), 2);
  CHECK_EQ(write_byte(vm, ABOVE, 1), -1);
  CHECK_EQ(vm_page(vm, ABOVE, PTE_X), 0);
  end_with_file(vm);
}

// A child has what its parent had: shared pages are the same for both, others are copied by who writes first.
static void
fork_one(int flags)
{
  struct vm *vm = space_with_file(RW, flags);
  CHECK_EQ(write_byte(vm, ABOVE, 50), 0);
  struct vm *child = vm_fork(vm);
  CHECK(child != 0);
  CHECK_EQ(file.object.refs, 3);
  CHECK_EQ(write_byte(child, ABOVE, 51), 0);
  CHECK_EQ(write_byte(child, ABOVE + PGSIZE, 52), 0);  // neither had it
  int shared = flags & REGION_SHARED;
  CHECK_EQ(read_byte(vm, ABOVE), shared ? 51 : 50);
  CHECK_EQ(read_byte(vm, ABOVE + PGSIZE), shared ? 52 : 3);
  CHECK_EQ(file.page[1][0], shared ? 51 : 2);
  CHECK_EQ(file.page[2][0], shared ? 52 : 3);
  check_vm(vm);
  check_vm(child);
  vm_put(vm);
  CHECK_EQ(read_byte(child, ABOVE), 51);
  end_with_file(child);
}

TEST(vm_object_fork)
{
  fork_one(0);
  fork_one(REGION_SHARED);
}
