// Boot, in C: hart 0 finds out what the machine is, brings up one folder after the other, and calls the other harts.
// Then every hart becomes its own idle thread. The order below is the order of the floors of the house.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/debugkey.h"
#include "core/panic.h"
#include "core/printf.h"
#include "core/rand.h"
#include "dev/console.h"
#include "dev/fdt.h"
#include "dev/intc.h"
#include "dev/misc.h"
#include "dev/pci.h"
#include "dev/uart.h"
#include "dev/virtio_blk.h"
#include "fs/bio.h"
#include "fs/file.h"
#include "mm/kalloc.h"
#include "mm/vm.h"
#include "net/sock.h"
#include "nic/e1000.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "pkt/poll.h"
#include "proc/process.h"
#include "sched/ipi.h"
#include "sched/proc.h"
#include "sched/timer.h"
#include "entry/offsets.h"
#include "entry/trap.h"

#define MIN_RAM (16UL << 20)  // bytes: below this not even the shell has room
#define MAX_PACKETS 4096      // packet buffers, a page each, made as they are needed
#define PACKET_SHARE 7        // ... and no more than a seventh of all memory

static const struct pci_driver *const drivers[] = {&e1000_driver};
static volatile int harts_may_start;

extern char kernel_end[];
void on_stack(void *top, void (*fn)(void)) __attribute__((noreturn));

static char emergency_stack[NCPU][4096] __attribute__((aligned(16)));

// The hart's own part, before it can take a trap.
static void
cpu_init(uint64 hart)
{
  struct cpu *c = mycpu();
  c->id = c->hartid = hart;
  c->noff = 0;
  c->emergency = (uint64)emergency_stack[hart] + sizeof(emergency_stack[hart]);
  sched_hart_init();
}

// Interrupts of this hart on, and a stack with a guard page for its idle thread.
static void
hart_ready(void)
{
  intc_hart_init();
  csr_write(scounteren, 7);  // programs may read cycle, time and instret
  csr_set(sie, SIE_SSIE | SIE_STIE | SIE_SEIE);
  on_stack((void *)KSTACK(NSLOT + mycpu()->id) + KSTACK_SIZE, sched_idle);
}

// Is the time CSR's frequency one that a clock may have?
static int
timebase_known(void)
{
  return machine.timebase >= 1000 && machine.timebase <= 10000000000UL;
}

// tree: what reading the device tree gave. Whatever is missing, it is said: without a UART in the tree, on the one that
// `virt` has.
static void
find_machine(int tree)
{
  if(tree < 0 && machine.finisher == 0)
    machine.finisher = BOOT_FINISHER;
  uart_early_init((uint64)pa2va(machine.uart ? machine.uart : BOOT_UART));
  uart_lf = machine.console_lf;
  printf_putc = uart_putc_sync;
  printf_hold = uart_hold;
  power_off = finisher_exit;
  if(tree < 0)
    give_up("The device tree that the machine hands over cannot be read.");
  if(machine.uart == 0)
    give_up("The device tree names no UART (ns16550a): there would be no console.");
  if(!timebase_known())
    printf("rxv: the device tree does not say how fast the clock is (timebase-frequency): taken for %ld Hz.\n", TIMER_HZ);
  if(machine.ram_size < MIN_RAM)
    give_up("The machine has %ld KB of memory; %ld MB are needed.", machine.ram_size / 1024, MIN_RAM >> 20);
  if(machine.nhart > NCPU)
    printf("rxv: the machine has %d harts; %d of them are used.\n", machine.nhart, NCPU);
  ncpu = MIN(machine.nhart, NCPU);
}

static void
memory_init(void)
{
  uint64 end = MIN(machine.ram_start + machine.ram_size, DIRECTMAX);
  kalloc_init(va2pa(kernel_end), end);
  vm_kernel_init(end);
  vm_hart_init();
  for(int i = 0; i < ncpu; i++)
    if(vm_map_kstack(NSLOT + i) == 0)
      give_up("There is no memory for the harts' stacks.");
}

static void
interrupts_init(void)
{
  if(machine.plic == 0)
    give_up("The machine has no PLIC, which the kernel needs for interrupts (QEMU: -machine virt without aia=).");
  if(machine.nplic > 1)
    give_up("The machine has %d sockets with a PLIC each (QEMU: -numa); the kernel drives one.", machine.nplic);
  if(machine.clint == 0)
    give_up("The machine has no CLINT, with which one hart calls another.");
  ipi_init(machine.clint);
  panic_others = ipi_stop_others;
  intc_init(&plic_intc);
}

// Before the network draws its keys. The device tree's seed is enough; without one, virtio-rng is asked. With neither, the date
// makes each start different, but whoever knows the date can guess.
static void
randomness_init(void)
{
  rand_seed(machine.seed, machine.seed_len);
  if(machine.seed_len || virtio_rng_seed() == 0)
    return;
  uint64 date = rtc_now();
  rand_seed(&date, sizeof(date));
  printf("rxv: there is no randomness (virtio-rng, or rng-seed in the device tree): ports and keys can be guessed.\n");
}

// A stock of packets for the lists that the harts keep: without a flood no packet is made after boot, and free memory
// is what programs gave back.
static void
stock_packets(void)
{
  struct pktq q = {0};
  struct pktbuf *p;
  for(int i = 0; i < 64 * ncpu && (p = pkt_alloc()); i++)
    pktq_put(&q, p);
  while((p = pktq_get(&q)))
    pkt_free(p);
}

static void
network_init(void)
{
  pkt_init(MIN(MAX_PACKETS, ktotal_pages() / PACKET_SHARE));
  net_init();
  poll_init();
  pci_init(drivers, NELEM(drivers));
  netif_fill_rings();  // now that it is known how many NICs share the pool
  stock_packets();
  if(nnetif == 1)  // loopback
    printf("rxv: there is no network card (e1000) that can be used.\n");
}

static void
console_up(void)
{
  console_init();
  uart_init();
  console_interrupt = proc_interrupt;
  debugkey_register(C('P'), "processes", sched_dump);
}

// The first process does this: reading the disk needs somebody who can sleep.
static void
mount_root(void)
{
  if(virtio_blk_init() < 0)
    give_up("There is no disk (virtio-blk on virtio-mmio, version 2).");
  if(bio_init() < 0)
    give_up("There is no memory for disk buffers.");
  if(fs_init(ROOTDEV) < 0)
    give_up("The disk holds no file system that can be used.");
}

void
main(uint64 hart, uint64 dtb_pa)
{
  int tree = fdt_read(pa2va(dtb_pa));
  if(timebase_known())
    timer_set_frequency(machine.timebase);
  cpu_init(hart);
  find_machine(tree);
  memory_init();
  interrupts_init();
  randomness_init();
  proc_init();
  network_init();  // early: the card is deaf for a second after it is set up
  console_up();
  file_init();
  userinit(mount_root);
  __atomic_store_n(&harts_may_start, 1, __ATOMIC_RELEASE);
  for(int i = 1; i < ncpu; i++){
    cpus[i].hartid = i;
    ipi_send(i);
  }
  hart_ready();
}

void
main_other(uint64 hart)
{
  while(!__atomic_load_n(&harts_may_start, __ATOMIC_ACQUIRE))
    ;
  cpu_init(hart);
  vm_hart_init();
  hart_ready();
}
