# The first instructions. Every hart starts here at once, in machine mode, with its number in a0 and the address of
# the device tree in a1 (FACTS of QEMU's `virt`: the entry point in the ELF header is ignored, it is 0x80000000).
#
# Machine mode does what only it can: opens memory to supervisor mode (PMP), delegates traps and interrupts, enables
# the supervisor timer (Sstc). It stays behind for one duty: to turn a machine software interrupt, which a hart can
# send to another through the CLINT, into a supervisor one.
#
# Nothing here is linked in the upper half: this section runs where it is loaded, and is used once.

#include "entry/offsets.h"

#define CLINT_MSIP 0x2000000  /* 4 bytes a hart */
#define KOFF 0xffffffc000000000
#define NCPU 8                /* kernel/param.h */
#define BOOTSTACK 4096

        .section .boot.entry, "ax"
        .globl _entry
        .balign 4
_entry:
        csrw mie, zero
        la t0, m_missing
        csrw mtvec, t0          # what the machine lacks ends there
        li t0, NCPU
        bgeu a0, t0, park

        # Supervisor mode may use all memory. Without an entry not even the first instruction of it would run.
        la s0, why_pmp
        li t0, -1
        srli t0, t0, 10
        csrw pmpaddr0, t0
        li t0, 0x0f             # top of range, read, write, execute
        csrw pmpcfg0, t0

        # All exceptions and the supervisor's interrupts (software 1, timer 5, external 9) go to supervisor mode.
        li t0, 0xffff
        csrw medeleg, t0
        li t0, 0x222
        csrw mideleg, t0

        # Sstc: stimecmp for supervisor mode. The bit does not stay set where there is none.
        la s0, why_sstc
        li t0, 1
        slli t0, t0, 63
        csrs 0x30a, t0          # menvcfg.STCE
        csrr t1, 0x30a
        and t1, t1, t0
        beqz t1, m_missing
        li t0, 7                # cycle, time and instret may be read
        csrw mcounteren, t0
        li t0, -1
        csrw 0x14d, t0          # stimecmp: no timer interrupt yet

        # Calls from other harts.
        la t0, m_trap
        csrw mtvec, t0
        la t0, m_scratch
        slli t1, a0, 5
        add t0, t0, t1
        csrw mscratch, t0
        li t1, CLINT_MSIP
        slli t2, a0, 2
        add t1, t1, t2
        sd t1, 16(t0)           # its own MSIP register
        li t0, 8
        csrw mie, t0            # MSIE

        beqz a0, enter          # hart 0 boots the machine

        # The others wait to be called: with mstatus.MIE off a pending interrupt ends WFI and is not taken.
wait:   wfi
        csrr t0, mip
        andi t0, t0, 8
        beqz t0, wait
        sw zero, 0(t1)

        # To supervisor mode, paging on, at the upper half's address of s_entry.
enter:
        la t0, boot_root
        srli t0, t0, 12
        li t1, 8
        slli t1, t1, 60         # Sv39
        or t0, t0, t1
        csrw satp, t0
        sfence.vma
        la t0, s_entry_address
        ld t0, 0(t0)
        csrw mepc, t0
        li t0, 0x1880           # MPP = supervisor (11) after clearing, MPIE
        csrc mstatus, t0
        li t0, 0x880
        csrs mstatus, t0
        mret

park:   wfi                     # one of more harts than the kernel has room for
        j park

# A machine-mode trap before there was a handler: the machine lacks what s0 names.
m_missing:
        csrr t0, mhartid
        bnez t0, park
        li t1, BOOT_UART
1:      lbu t0, 0(s0)
        beqz t0, 2f
        sb t0, 0(t1)
        addi s0, s0, 1
        j 1b
2:      li t1, BOOT_FINISHER
        li t0, 0x13333          # exit status 1
        sw t0, 0(t1)
        j park

# Machine software interrupt: another hart calls. mscratch: two words to save in, then the address of our MSIP.
        .balign 4
m_trap:
        csrrw t0, mscratch, t0
        sd t1, 0(t0)
        ld t1, 16(t0)
        sw zero, 0(t1)
        li t1, 2
        csrs mip, t1            # SSIP
        ld t1, 0(t0)
        csrrw t0, mscratch, t0
        mret

        .balign 8
s_entry_address: .dword s_entry
why_pmp:  .asciz "rxv: this machine lacks physical memory protection (PMP), which the kernel needs. Power off.\r\n"
why_sstc: .asciz "rxv: this machine lacks the Sstc extension (supervisor timer), which the kernel needs: QEMU 7.2 or later has it. Power off.\r\n"

        .section .data
        .balign 8
m_scratch_v: .zero 32 * NCPU
        .set m_scratch, m_scratch_v - KOFF

# The page table of the first moments: the direct map by gigabytes, all permissions; mm/kmap.c builds the real one.
        .balign 4096
        .globl boot_root
boot_root_v:
        .zero 8 * 256
        .set i, 0
        .rept 128
        .dword (i << 28) | 0xef # V R W X G A D
        .set i, i + 1
        .endr
        .zero 8 * 128
        .set boot_root, boot_root_v - KOFF

# Supervisor mode, upper half: a stack, tp, and on to C. a0: hart, a1: device tree.
        .text
        .globl s_entry
        .balign 4
s_entry:
        la sp, boot_stacks
        li t0, BOOTSTACK
        addi t1, a0, 1
        mul t0, t0, t1
        add sp, sp, t0
        la tp, cpus
        la t0, cpu_size
        ld t0, 0(t0)
        mul t0, t0, a0
        add tp, tp, t0
        csrw sscratch, zero     # we are in the kernel (vector.S)
        la t0, trap_vector
        csrw stvec, t0
        li t0, 0x20
        csrs sstatus, t0        # SPIE: stays 1 for ever (vector.S)
        li s0, 0
        li ra, 0
        bnez a0, 1f
        tail main
1:      tail main_other

# void on_stack(void *top, void (*fn)(void)): go on in fn, which does not return.
        .globl on_stack
on_stack:
        mv sp, a0
        li s0, 0
        li ra, 0
        jr a1

        .bss
        .balign 16
boot_stacks: .zero BOOTSTACK * NCPU
