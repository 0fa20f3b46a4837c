// The 16550 UART (National Semiconductor PC16550D data sheet, section 8: registers).
//
// Three ways out. The kernel prints by polling: it works with interrupts off and when all else is broken. Programs
// write into a queue; as long as the line takes characters at once, as QEMU's does, whoever filled the queue empties
// it too, 16 at a time, and no interrupt is needed. Only if the line is busy does the interrupt go on with it.
// What the kernel prints pushes the queue out first, so that pieces stay whole and in order. A line of a program's, or of
// somebody who types, that is ended by such a message is written again after it (termline.h): by whoever writes next, or by
// the interrupt that uart_hold(0) asks for.

#include "core/assert.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "dev/fdt.h"
#include "dev/intc.h"
#include "dev/termline.h"
#include "dev/uart.h"
#include "sched/waitq.h"

// Byte offsets; some mean one thing when read and another when written.
enum {
  RBR = 0,  // read: received character
  THR = 0,  // write: character to send
  DLL = 0,  // baud rate divisor, low and high byte, while LCR_DLAB is set
  DLM = 1,
  IER = 1,  // which interrupts
  IIR = 2,  // read: why; takes back "THR empty"
  FCR = 2,  // write: FIFO control
  LCR = 3,  // line control
  LSR = 5,  // line status
};
enum {
  IER_RX = 1, IER_TX = 2,
  FCR_ENABLE = 1, FCR_CLEAR_RX = 2, FCR_CLEAR_TX = 4,
  LCR_8BITS = 3, LCR_DLAB = 0x80,
  LSR_RX = 1,     // a character waits
  LSR_TX = 0x20,  // all of the FIFO is free
};

#define FIFO 16
#define TXQ 1024          // bytes, a power of 2
#define PATIENCE 1000000  // status reads, some 70 ms: longer than that nobody takes our characters

// I constant after boot   t txlock
// Order: lock, txlock. Nothing is taken under txlock: the kernel prints with any lock held.
static struct {
  volatile uint8 *reg;     // [I]
  struct spinlock lock;    // the condition lock of room
  struct waitq room;       // writers that wait for it
  struct spinlock txlock;
  char txq[TXQ];           // [t] positions are free-running
  uint32 put, sent;        // [t] put - sent bytes wait
  uint8 ier;               // [t] what IER holds
  struct termline line;    // [t] what programs and keys have written of a line
  int torn;                // [t] 1: a message of the kernel's has ended it
  int half;                // [t] 1: that message goes on
} uart = {.lock = SPINLOCK("uart"), .txlock = SPINLOCK("uart.tx"), .room = {{&uart.room.waiters, &uart.room.waiters}}};

void (*uart_input)(int c);
int (*uart_room)(void);
int uart_lf;

// What came before the FIFO was turned on, which empties it: piped into QEMU, it waits from the first moment on.
static struct {
  uint8 c[64];
  uint n;
} early;

// 38400 baud, 8 bits, no parity; FIFOs on. QEMU takes any speed.
void
uart_early_init(uint64 base)
{
  uart.reg = (volatile uint8 *)base;
  uart.reg[IER] = 0;
  uart.reg[LCR] = LCR_DLAB;
  uart.reg[DLL] = 3;
  uart.reg[DLM] = 0;
  uart.reg[LCR] = LCR_8BITS;
  while(early.n < sizeof(early.c) && (uart.reg[LSR] & LSR_RX))
    early.c[early.n++] = uart.reg[RBR];
  uart.reg[FCR] = FCR_ENABLE | FCR_CLEAR_RX | FCR_CLEAR_TX;
}

// Interrupts. lock: txlock held.
static void
set_ier(uint8 ier)
{
  if(uart.ier != ier)
    uart.reg[IER] = uart.ier = ier;
}

// Send from the queue as much as the line takes now; the interrupt does the rest. lock: txlock held.
static void
pump(void)
{
  while(uart.sent != uart.put && (uart.reg[LSR] & LSR_TX))
    for(int i = 0; i < FIFO && uart.sent != uart.put; i++)
      uart.reg[THR] = uart.txq[uart.sent++ % TXQ];
  set_ier(uart.sent == uart.put ? uart.ier & ~IER_TX : uart.ier | IER_TX);
}

// One character at once, whoever holds what.
static void
put_raw(int c)
{
  for(int i = 0; i < PATIENCE; i++)
    if(uart.reg[LSR] & LSR_TX)
      break;
  uart.reg[THR] = c;
}

static void
put_polled(int c)
{
  if(c == '\n' && !uart_lf)
    put_raw('\r');
  put_raw(c);
}

// All of the queue. lock: txlock held.
static void
uart_drain(void)
{
  while(uart.sent != uart.put)
    put_raw(uart.txq[uart.sent++ % TXQ]);
}

// The line that a message has ended is written again. lock: txlock held.
static void
restore_line(void)
{
  if(!uart.torn || uart.half)
    return;
  uart.torn = 0;
  uart_drain();
  termline_show(&uart.line, put_raw);
  printf_midline = !termline_empty(&uart.line);
}

// The kernel prints a piece: the echo of a key, or what programs wrote, waits until it is whole.
void
uart_hold(int on)
{
  if(panicked)
    return;
  if(on){
    acquire(&uart.txlock);
    uart.torn |= printf_midline;  // printf() is about to end the line
  } else if(holding(&uart.txlock)){
    if(uart.torn && !uart.half)
      set_ier(uart.ier | IER_TX);
    release(&uart.txlock);
  }
}

void
uart_putc_sync(int c)
{
  if(uart.reg == 0)
    return;
  if(panicked){
    put_polled(c);
    return;
  }
  int held = holding(&uart.txlock);
  if(!held)
    acquire(&uart.txlock);
  uart_drain();
  put_polled(c);
  uart.half = c != '\n';
  if(!held)
    release(&uart.txlock);
}

void
uart_echo(int c)
{
  acquire(&uart.txlock);
  uart.half = 0;
  restore_line();
  uart_drain();
  put_polled(c);
  termline_put(&uart.line, c);
  printf_midline = !termline_empty(&uart.line);
  release(&uart.txlock);
}

// 1: s is in the queue, and as much of it as possible on the line; 0: no room.
static int
uart_enqueue(const char *s, int n)
{
  int fits;

  acquire(&uart.txlock);
  pump();
  fits = TXQ - (uart.put - uart.sent) >= 2 * n;  // as if all were newlines
  if(fits){
    uart.half = 0;
    restore_line();
    for(int i = 0; i < n; i++){
      if(s[i] == '\n' && !uart_lf)
        uart.txq[uart.put++ % TXQ] = '\r';
      uart.txq[uart.put++ % TXQ] = s[i];
      termline_put(&uart.line, s[i]);
    }
    printf_midline = !termline_empty(&uart.line);
    pump();
  }
  release(&uart.txlock);
  return fits;
}

int
uart_write(const char *s, int n)
{
  int e = 0;

  acquire(&uart.lock);
  while(!uart_enqueue(s, n) && e == 0)
    e = wq_sleep(&uart.room, &uart.lock);
  release(&uart.lock);
  return e < 0 ? e : n;
}

static void
rx_interrupts(int on)
{
  acquire(&uart.txlock);
  set_ier(on ? uart.ier | IER_RX : uart.ier & ~IER_RX);
  release(&uart.txlock);
}

// The console has room again: the interrupt that comes of this takes what waits.
void
uart_resume(void)
{
  if((__atomic_load_n(&uart.ier, __ATOMIC_SEQ_CST) & IER_RX) == 0)
    rx_interrupts(1);
}

// Characters in, as long as there is room for them.
static void
receive(void)
{
  while(uart.reg[LSR] & LSR_RX){
    if(!uart_room()){
      rx_interrupts(0);
      if(!uart_room())
        return;
      rx_interrupts(1);  // a reader was faster, and has seen them on
    }
    uart_input(uart.reg[RBR]);
  }
}

// One hart at a time is here: the others cannot claim the line before this one completes it.
// The PLIC sees only the line's rise. While "THR empty" holds it up, a character that comes in makes no rise of its
// own: so it is looked for once more after pump() has taken that reason away.
static void
uart_interrupt(void *arg)
{
  do {
    (void)uart.reg[IIR];  // takes back "THR empty"; the receive interrupt goes when the FIFO is empty, or turned off
    receive();
    acquire(&uart.txlock);
    pump();
    restore_line();
    release(&uart.txlock);
  } while((uart.reg[LSR] & LSR_RX) && (__atomic_load_n(&uart.ier, __ATOMIC_SEQ_CST) & IER_RX));
  acquire(&uart.lock);
  wq_wake_all(&uart.room);
  release(&uart.lock);
}

void
uart_init(void)
{
  irq_alloc(machine.uart_irq, 0, uart_interrupt, 0, "uart");
  for(uint i = 0; i < early.n; i++)
    uart_input(early.c[i]);
  rx_interrupts(1);
}
