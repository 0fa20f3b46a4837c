# The proofs: what takes longer than `make grade`, or shows more. The lines with two marks are what `make help` prints.
##
## The proofs (tests/README.md):
## make crash      kill QEMU under load KILLS=200 times, SEED=; each disk is judged
## make hostile    hostile input, class by class, with what became of it; ARGS="--pcap DIR I5 F"
## make mutants    take out one check of the kernel at a time, and see a test fail for each; ARGS="ip.c uaccess"
## make mistakes   make one classic mistake at a time, and see the grader name it; ARGS="rdt copyout"
## make fuzz       libFuzzer on the parsers and the stack, TIME=60 seconds in all; TARGET=name only that one
## make coverage   lines of kernel/pkt and kernel/net that the host's tests reach; V=1 lists the others

## make flood      floods of eight kinds at full speed, TIME=60 seconds each; on CPUS=1,3,8 one after the other
## make wirefuzz   FRAMES=1000000 with something wrong, likewise; the culprit is found with the same SEED and SKIP=
## make soak       all of it mixed, TIME=20m: fuzz, floods, faults, flaps, resets, programs, files; fsck in the end
## make resets     the card is reset RESETS=100 times under load
KILLS ?= 200
crash: $K/kernel fs.img
	@tests/crash/run --kills $(KILLS) $(if $(SEED),--seed $(SEED))

hostile: $K/kernel fs.img
	@$(MAKE) --no-print-directory DEBUG=1 $B/debug/kernel/kernel
	@PYTHONPATH=tests python3 -m guest.hostile $(ARGS)

# fuzz-replay runs the corpus alone, with any compiler; fuzz-short is what `make grade` runs; fuzz-merge tends the corpus.
TIME ?= 60
TARGET_NAMES = $(if $(findstring command,$(origin TARGET)),$(TARGET))
fuzz:
	@HOSTCC='$(HOSTCC)' tests/tools/fuzz run --time '$(TIME)' $(TARGET_NAMES)
fuzz-replay fuzz-short fuzz-merge:
	@HOSTCC='$(HOSTCC)' tests/tools/fuzz $(subst fuzz-,,$@) $(TARGET_NAMES)
coverage:
	@HOSTCC='$(HOSTCC)' V='$(V)' tests/tools/coverage

mutants:
	@tests/mutants/run $(ARGS)
mistakes:
	@tests/mistakes/run $(ARGS)

.PHONY: mutants mistakes crash hostile fuzz fuzz-replay fuzz-short fuzz-merge coverage

# CPUS= on the command line or in the environment; the guest for `make qemu` has 3, these storms blow over 1, 3 and 8.
STORM = tests/storm/run --cpus $(if $(filter file,$(origin CPUS)),1$(comma)3$(comma)8,$(CPUS)) $(if $(SEED),--seed $(SEED)) \
  $(if $(filter-out 0,$(DEBUG)),--debug)
SOAKED = $(if $(filter-out 0,$(DEBUG)),$B/debug/kernel/kernel,$K/kernel) fs.img
FRAMES ?= 1000000
RESETS ?= 100
comma := ,
flood: $(SOAKED)
	@$(STORM) --time $(TIME) flood
wirefuzz: $(SOAKED)
	@$(STORM) --frames $(FRAMES) $(if $(SKIP),--skip $(SKIP)) fuzz
soak: $(SOAKED)
	@$(STORM) --time $(if $(filter file,$(origin TIME)),20m,$(TIME)) soak
resets: $K/kernel fs.img
	@RXV_RESETS=$(RESETS) RXV_SLOW=4 ./grade-lab-net --no-build faults.card_reset

.PHONY: flood wirefuzz soak resets
