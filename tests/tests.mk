# The proofs: what takes longer than `make grade`, or shows more. The lines with two marks are what `make help` prints.
##
## The proofs (doc/testing.md):
## make crash      kill QEMU under load KILLS=200 times, SEED=; each disk is judged
## make hostile    hostile input, class by class, with what became of it; ARGS="--pcap DIR I5 F"

KILLS ?= 200
crash: $K/kernel fs.img
	@tests/crash/run --kills $(KILLS) $(if $(SEED),--seed $(SEED))

hostile: $K/kernel fs.img
	@$(MAKE) --no-print-directory DEBUG=1 $B/debug/kernel/kernel
	@PYTHONPATH=tests python3 -m guest.hostile $(ARGS)

.PHONY: crash hostile
