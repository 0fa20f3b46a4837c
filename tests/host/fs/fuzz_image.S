// The image that an input damages.
  .section .rodata
  .global fresh_disk
  .balign 8
fresh_disk:
  .incbin IMAGE
  .section .note.GNU-stack, "", %progbits
