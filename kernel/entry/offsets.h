#ifndef RXV_ENTRY_OFFSETS_H
#define RXV_ENTRY_OFFSETS_H
// Where assembly finds things; trap.c checks each against the C structures.

// Where `virt` has what a sentence and an end need before, or without, a device tree that says it.
#define BOOT_UART 0x10000000
#define BOOT_FINISHER 0x100000

#define CPU_KSTACK 0
#define CPU_SCRATCH 24
#define CPU_EMERGENCY 40

#define TF_EPC 0
#define TF_RA 8
#define TF_SP 16
#define TF_GP 24
#define TF_TP 32
#define TF_T0 40
#define TF_T1 48
#define TF_T2 56
#define TF_S0 64
#define TF_S1 72
#define TF_A0 80
#define TF_A1 88
#define TF_A2 96
#define TF_A3 104
#define TF_A4 112
#define TF_A5 120
#define TF_A6 128
#define TF_A7 136
#define TF_S2 144
#define TF_S3 152
#define TF_S4 160
#define TF_S5 168
#define TF_S6 176
#define TF_S7 184
#define TF_S8 192
#define TF_S9 200
#define TF_S10 208
#define TF_S11 216
#define TF_T3 224
#define TF_T4 232
#define TF_T5 240
#define TF_T6 248
#define TF_SIZE 256

#define KF_SIZE 176  // an interrupted kernel thread's registers, and a frame record

#endif
