# One hart works, the others sleep for good.
.section .start, "ax"
.globl start
start:
  csrr t0, mhartid
  bnez t0, sleep
  la sp, stack_top
  call limit_main
sleep:
  wfi
  j sleep
