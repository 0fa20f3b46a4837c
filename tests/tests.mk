# The proofs: what takes longer than `make grade`, or shows more. The lines with two marks are what `make help` prints.
##
## The proofs (doc/testing.md):
## make crash      kill QEMU under load KILLS=200 times, SEED=; each disk is judged

KILLS ?= 200
crash: $K/kernel fs.img
	@tests/crash/run --kills $(KILLS) $(if $(SEED),--seed $(SEED))

.PHONY: crash
