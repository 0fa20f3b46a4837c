# Included by the Makefile: what bench/ needs, and its targets. Results are in build/bench.
#
# make bench takes STEPS="wire1 cost", only these, and SETUP="netctl mode intr", what our guest's shell does before each.
# bench/budget --write makes what is measured the new budget. The lines with two marks are what `make help` prints.
#
##
## Measuring (doc/bench.md):
## make budget     instructions of each operation against bench/budget.json: fails when one grew by 5 %
## make sysbench   the calls of the system, with 1 and 3 harts, in time and instructions; ARGS="pipe_4k"
## make livelock   receiver and router from 0 to 10 x the loss-free rate, in each mode; QUICK=1
## make timeline   where a packet's time goes: build/bench/timeline.svg, of packets that a guest just now received
## make bench-linux   the Linux guest that bench compares with: fetches Debian's kernel by apt-get, once

BB = $(B)/bench
HOSTCFLAGS = -O2 -Wall -Wextra -Wno-unused-parameter

$(BB)/gen: bench/gen.c bench/wire.c bench/wire.h bench/peer.h bench/hist.h bench/table.h user/bench/bench.h
	@mkdir -p $(BB)
	$Q$(HOSTCC) $(HOSTCFLAGS) -o $@ bench/gen.c bench/wire.c
$(BB)/insn.so: bench/insn.c bench/table.h
	@mkdir -p $(BB)
	$Q$(HOSTCC) $(HOSTCFLAGS) -fPIC -shared -fvisibility=hidden -o $@ bench/insn.c
$(BB)/limit: bench/limit/start.S bench/limit/limit.c bench/limit/limit.ld user/bench/bench.h
	@mkdir -p $(BB)
	$Q$(CC) $(TARGET) -march=$(ISA) -mabi=lp64 -mcmodel=medany -O2 -Wall -Wextra -ffreestanding -fno-pie \
	  -fno-strict-aliasing -c -o $(BB)/limit.o bench/limit/limit.c
	$Q$(CC) $(TARGET) -march=$(ISA) -mabi=lp64 -c -o $(BB)/start.o bench/limit/start.S
	$Q$(LD) $(LDFLAGS) -T bench/limit/limit.ld -o $@ $(BB)/start.o $(BB)/limit.o

bench-tools: $(BB)/gen $(BB)/insn.so $(BB)/limit

# Whoever has no network, or no apt-get, measures without it.
$(BB)/linux/initramfs.gz: bench/linux/make-guest bench/linux/init.c user/bench/benchd.c user/bench/sysbench.c user/bench/bench.h
	@bench/linux/make-guest $(BB)/linux || true
bench-linux: $(BB)/linux/initramfs.gz

bench: all bench-tools $(if $(filter-out 0,$(QUICK)),,bench-linux)
	@QEMU='$(QEMU)' bench/bench.py $(if $(filter-out 0,$(QUICK)),--quick) $(STEPS)

budget: all bench-tools
	@QEMU='$(QEMU)' bench/budget

sysbench: all bench-tools
	@QEMU='$(QEMU)' bench/sys $(ARGS)

livelock: all bench-tools
	@QEMU='$(QEMU)' bench/livelock.py $(if $(filter-out 0,$(QUICK)),--quick) $(ARGS)

timeline: all bench-tools
	@QEMU='$(QEMU)' bench/timeline.py --boot --out $(BB)/timeline.svg

.PHONY: timeline livelock bench bench-tools bench-linux budget sysbench
