	.text
	.globl threads_switch
threads_switch:
	add a0, a0, a1
	ret
