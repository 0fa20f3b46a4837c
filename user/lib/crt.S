// Where a program starts: exec() has put argc in a0, argv in a1. Zero in ra and s0 ends a debugger's back trace here.

.section .text.start, "ax"
.globl start
start:
  li s0, 0
  li ra, 0
  j start_main
