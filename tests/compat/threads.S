	.data
	.globl threads_magic
	.balign 4
threads_magic:
	.word 7
