# The way into the kernel and out of it.
#
# sscratch holds the hart's struct cpu while user code runs, and 0 while the kernel runs: so one swap with tp tells
# where a trap came from, and brings tp. The upper half of the address space is the same for all, so there is no page
# table to change. CSR accesses are dear (core/csr.h); the way in from user mode takes four and the way out three:
#
#   in    swap tp and sscratch; swap sscratch with 0, and so have the user's tp; read scause, sepc
#   out   clear sstatus.SIE and SPP; write sscratch, sepc
#
# sstatus.SPIE is 1 for ever: set at boot, and every sret sets it. So only SPP must be right before sret.

#include "kernel/entry/offsets.h"

        .text
        .globl trap_vector
        .balign 4
trap_vector:
        csrrw tp, sscratch, tp
        beqz tp, from_kernel

# ----- from user mode: save all registers in the trap frame at the top of the process's kernel stack -----
        sd sp, CPU_SCRATCH(tp)
        ld sp, CPU_KSTACK(tp)
        addi sp, sp, -TF_SIZE
        sd ra, TF_RA(sp)
        sd gp, TF_GP(sp)
        sd t0, TF_T0(sp)
        sd t1, TF_T1(sp)
        sd t2, TF_T2(sp)
        sd s0, TF_S0(sp)
        sd s1, TF_S1(sp)
        sd a0, TF_A0(sp)
        sd a1, TF_A1(sp)
        sd a2, TF_A2(sp)
        sd a3, TF_A3(sp)
        sd a4, TF_A4(sp)
        sd a5, TF_A5(sp)
        sd a6, TF_A6(sp)
        sd a7, TF_A7(sp)
        sd s2, TF_S2(sp)
        sd s3, TF_S3(sp)
        sd s4, TF_S4(sp)
        sd s5, TF_S5(sp)
        sd s6, TF_S6(sp)
        sd s7, TF_S7(sp)
        sd s8, TF_S8(sp)
        sd s9, TF_S9(sp)
        sd s10, TF_S10(sp)
        sd s11, TF_S11(sp)
        sd t3, TF_T3(sp)
        sd t4, TF_T4(sp)
        sd t5, TF_T5(sp)
        sd t6, TF_T6(sp)
        ld t0, CPU_SCRATCH(tp)
        sd t0, TF_SP(sp)
        csrrw t0, sscratch, zero
        sd t0, TF_TP(sp)
        csrr t0, sepc
        sd t0, TF_EPC(sp)
        csrr a1, scause
        mv a0, sp
        li s0, 0                # the backtrace ends here
        li ra, 0
        call trap_user          # (struct trapframe *, cause)

# ----- to user mode: the registers in the frame at sp; interrupts may be on or off -----
to_user:
        li t0, 0x102            # SIE, SPP
        csrc sstatus, t0
        csrw sscratch, tp
        ld t0, TF_EPC(sp)
        csrw sepc, t0
        ld ra, TF_RA(sp)
        ld gp, TF_GP(sp)
        ld tp, TF_TP(sp)
        ld t0, TF_T0(sp)
        ld t1, TF_T1(sp)
        ld t2, TF_T2(sp)
        ld s0, TF_S0(sp)
        ld s1, TF_S1(sp)
        ld a0, TF_A0(sp)
        ld a1, TF_A1(sp)
        ld a2, TF_A2(sp)
        ld a3, TF_A3(sp)
        ld a4, TF_A4(sp)
        ld a5, TF_A5(sp)
        ld a6, TF_A6(sp)
        ld a7, TF_A7(sp)
        ld s2, TF_S2(sp)
        ld s3, TF_S3(sp)
        ld s4, TF_S4(sp)
        ld s5, TF_S5(sp)
        ld s6, TF_S6(sp)
        ld s7, TF_S7(sp)
        ld s8, TF_S8(sp)
        ld s9, TF_S9(sp)
        ld s10, TF_S10(sp)
        ld s11, TF_S11(sp)
        ld t3, TF_T3(sp)
        ld t4, TF_T4(sp)
        ld t5, TF_T5(sp)
        ld t6, TF_T6(sp)
        ld sp, TF_SP(sp)
        sret

# void return_to_user(void): the first time. Interrupts go off before tp is read: they stay off.
        .globl return_to_user
return_to_user:
        li t0, 2
        csrc sstatus, t0
        ld sp, CPU_KSTACK(tp)
        addi sp, sp, -TF_SIZE
        j to_user

# ----- from the kernel itself -----
# An interrupt: save what a call may destroy, on the stack that is in use. An exception is a broken kernel, perhaps a
# stack that ran into its guard page: go to the emergency stack, and panic there.
from_kernel:
        csrrw tp, sscratch, tp  # as they were: tp this hart, sscratch 0
        sd t0, CPU_SCRATCH(tp)
        csrr t0, scause
        bgez t0, kernel_exception
        addi sp, sp, -KF_SIZE
        sd ra, 0(sp)
        sd t1, 8(sp)
        sd t2, 16(sp)
        sd a0, 24(sp)
        sd a1, 32(sp)
        sd a2, 40(sp)
        sd a3, 48(sp)
        sd a4, 56(sp)
        sd a5, 64(sp)
        sd a6, 72(sp)
        sd a7, 80(sp)
        sd t3, 88(sp)
        sd t4, 96(sp)
        sd t5, 104(sp)
        sd t6, 112(sp)
        ld t1, CPU_SCRATCH(tp)
        sd t1, 120(sp)          # t0
        csrr t1, sepc
        sd t1, 128(sp)
        sd s0, 136(sp)
        addi s0, sp, KF_SIZE    # a frame for the backtrace: caller's fp and pc where C would put them
        sd t1, KF_SIZE - 8(sp)
        ld t1, 136(sp)
        sd t1, KF_SIZE - 16(sp)
        mv a0, t0
        call trap_kernel        # (cause); may come back on another hart
        ld t0, 128(sp)
        csrw sepc, t0
        li t0, 0x100            # SPP: back to the kernel
        csrs sstatus, t0
        ld s0, 136(sp)
        ld ra, 0(sp)
        ld t1, 8(sp)
        ld t2, 16(sp)
        ld a0, 24(sp)
        ld a1, 32(sp)
        ld a2, 40(sp)
        ld a3, 48(sp)
        ld a4, 56(sp)
        ld a5, 64(sp)
        ld a6, 72(sp)
        ld a7, 80(sp)
        ld t3, 88(sp)
        ld t4, 96(sp)
        ld t5, 104(sp)
        ld t6, 112(sp)
        ld t0, 120(sp)
        addi sp, sp, KF_SIZE
        sret

kernel_exception:
        mv a0, t0               # cause
        csrr a1, sepc
        csrr a2, stval
        mv a3, s0
        mv a4, sp
        ld sp, CPU_EMERGENCY(tp)
        call kernel_fault       # does not return
