// insn: a plugin of QEMU's translator that counts the guest's instructions, each by its address (bench/table.h).
//
//   -plugin ./insn.so,counts=F
//
// A hart that waits in WFI adds nothing, and neither does the host, so that the counts of one hart are the same on
// every machine. The guest can have a stretch of its own measured: the instruction `slti x0, x0, N` does nothing
// (it is among the hints that the ISA leaves to custom use), but here N from 1 to 999 opens stretch N and N + 1000
// closes it. At the end of each a block is appended to F.marks: "mark N TOTAL", then "ADDRESS COUNT" lines, then ".".
//
// No package ships qemu-plugin.h: what is used of the interface (docs/devel/tcg-plugins.rst, version 1) is declared
// here.

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "table.h"

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, enum qemu_plugin_op, void *, uint64_t);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *),
                                                   enum qemu_plugin_cb_flags, void *);

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int qemu_plugin_version = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  // of all that follows but the counts in the table
static struct table *table;     // shared with whoever reads the file
static unsigned used;           // its slots that are not free
static struct table *before;    // copy of the table when the open stretch began; 0: none is open
static FILE *marks;

// The counter of one address: its slot, or the common one when the table is full.
static uint64_t *
counter(uint64_t addr)
{
  uint64_t key = addr | 1;
  for(uint64_t i = (addr * 0x9e3779b97f4a7c15u) >> 44;; i = (i + 1) % TABLE_SLOTS){
    struct table_slot *s = &table->slot[i % TABLE_SLOTS];
    if(s->addr == key)
      return &s->runs;
    if(s->addr == 0){
      if(used == TABLE_LAST)
        return &table->rest.runs;
      used++;
      s->addr = key;
      return &s->runs;
    }
  }
}

static void
stretch_open(unsigned hart, void *n)
{
  pthread_mutex_lock(&lock);
  if(before == 0)
    before = malloc(sizeof(*before));
  if(before)
    memcpy(before, table, sizeof(*before));
  pthread_mutex_unlock(&lock);
}

static void
stretch_close(unsigned hart, void *n)
{
  uint64_t total = 0;
  pthread_mutex_lock(&lock);
  if(before){
    for(unsigned i = 0; i < TABLE_SLOTS; i++)
      total += table->slot[i].runs - before->slot[i].runs;
    total += table->rest.runs - before->rest.runs;
    fprintf(marks, "mark %u %" PRIu64 "\n", (unsigned)(uintptr_t)n, total);
    for(unsigned i = 0; i < TABLE_SLOTS; i++){
      uint64_t runs = table->slot[i].runs - before->slot[i].runs;
      if(runs)
        fprintf(marks, "%" PRIx64 " %" PRIu64 "\n", table->slot[i].addr - 1, runs);
    }
    fprintf(marks, ".\n");
    fflush(marks);
  }
  pthread_mutex_unlock(&lock);
}

// slti x0, x0, n: opcode 0x13, funct3 2, rd and rs1 0, the number in the upper 12 bits.
static unsigned
mark_of(const struct qemu_plugin_insn *insn)
{
  uint32_t word;
  if(qemu_plugin_insn_size(insn) != 4)
    return 0;
  memcpy(&word, qemu_plugin_insn_data(insn), 4);
  return (word & 0xfffff) == 0x2013 ? word >> 20 : 0;
}

static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
  pthread_mutex_lock(&lock);
  for(size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++){
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
    uint64_t *runs = counter(qemu_plugin_insn_vaddr(insn));
    unsigned n = mark_of(insn);
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, runs, 1);
    if(n >= 1 && n < 1000)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, stretch_open, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)n);
    else if(n > 1000 && n < 2000)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, stretch_close, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)(n - 1000));
  }
  pthread_mutex_unlock(&lock);
}

PUBLIC int
qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
  char name[4096];
  if(argc != 1 || strncmp(argv[0], "counts=", 7) != 0 || strlen(argv[0]) > 4000){
    fprintf(stderr, "insn: say -plugin insn.so,counts=FILE\n");
    return -1;
  }
  const char *path = argv[0] + 7;
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  snprintf(name, sizeof(name), "%s.marks", path);
  marks = fopen(name, "w");
  if(fd >= 0 && marks && ftruncate(fd, sizeof(*table)) == 0)
    table = mmap(0, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if(table == 0 || table == MAP_FAILED){
    perror(path);
    return -1;
  }
  close(fd);
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
