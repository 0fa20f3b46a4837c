# rxv. The lines with two marks are what `make help` prints.
#
## make            kernel/kernel and fs.img; kernel.asm, kernel.sym, user/NAME.asm and .sym beside their programs
## make qemu       boot to the shell (end: Ctrl-A X, or `halt` in the guest)
## make router     three guests in a row: two hosts, and a router between them
## make qemu-gdb   boot, stopped, for `make gdb` in a second terminal
## make gdb        attach the debugger: then ring, pkt P, socks, arp, irq, ps (see .gdbinit.tmpl)
## make grade      all tests, graded; QUICK=1: the most telling ones, V=1 shows the console, ARGS="ping dns" runs only some
## make check      what can be checked without QEMU, in seconds
## make bench      measure: beside the limit of QEMU's card, and beside Linux; QUICK=1: two minutes
## make figures    draw the figures of doc/ again, from doc/figures/*.fig
## make host-tests the pure files of the kernel, tested on this host
## make setup      install the tools that are missing; it asks first. YES=1 does not ask; ALL=1: a second compiler, too
## make doctor     each tool: its version, whether it will do, and the mend
## make clean      remove everything that was built
##
## Options, as NAME=VALUE:
##   CPUS=3 MEM=128M   harts (1 to 8), memory
##   NET=user          user (QEMU's own network), none, or wire:PATH (unix sockets: QEMU has PATH.q, its peer PATH.h)
##   QEMU= QEMUEXTRA=  which QEMU, and options to add to its line
##   TOOLPREFIX= CC=   which cross tools; found by themselves otherwise. CC=clang uses clang and lld. OPT=-Os and the like
##   B=build/clang     a second build, out of the way: its kernel/kernel, user/ and fs.img are under B
##   DEBUG=1           lock order, packet ownership, poison; undefined behaviour in the kernel panics (its kernel is in build/debug)
##   WERROR=1          warnings are errors (CI=true: in the kernel and the library only)
##   FWDPORT1= FWDPORT2= SERVERPORT= GDBPORT=   ports on this host, numbered by your user id
##   V=1               show the commands

K = kernel
U = user
B = build
# What is built lies beside its source; the parts of a build of its own (B=build/clang) lie under B instead.
O := $(if $(filter-out build,$B),$B/)
# The debug kernel and its objects are elsewhere, so that both kernels can be there at once.
KB = $(if $(filter-out 0,$(DEBUG)),$B/debug/,$O)
KERNEL = $(KB)$K/kernel
FSIMG = $Ofs.img

# What is given on the command line must be one of these, with a value that makes sense (tests/tools/options).
OPTIONS = CPUS MEM NET QEMU QEMUEXTRA TOOLPREFIX CC LD AR NM STRIP OBJDUMP HOSTCC OPT B DEBUG WERROR V FWDPORT1 FWDPORT2 \
  SERVERPORT NET_TESTS_PORT GDBPORT YES ALL CI ARGS QUICK STEPS SETUP KILLS SEED SKIP TIME TARGET FRAMES RESETS SHELL
# They may come from the environment, too, where all kinds of other names are.
CHECKED = CPUS MEM NET QEMU TOOLPREFIX DEBUG
GIVEN := $(foreach v,$(.VARIABLES),$(if $(findstring command,$(origin $v)),$v)) \
  $(foreach v,$(CHECKED),$(if $(findstring environment,$(origin $v)),$v))
ifneq ($(strip $(GIVEN)),)
  quoted = '$(subst ','\'',$1)'
  WRONG := $(shell GOALS='$(MAKECMDGOALS)' $(foreach v,$(filter $(OPTIONS),$(GIVEN)),$v=$(call quoted,$($v))) \
    tests/tools/options $(GIVEN) -- $(OPTIONS))
  ifneq ($(WRONG),)
    $(error $(WRONG))
  endif
endif

CPUS ?= 3
MEM ?= 128M
NET ?= user
QEMU ?= qemu-system-riscv64
HOSTCC ?= cc
OPT ?= -O2
V ?= 0
Q = $(if $(filter 1,$V),,@)
say = @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,echo) # `make -s` is silent

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
ifeq ($(MAKELEVEL),0)
  MAKEFLAGS += -j$(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
endif

# Ports of this user's own, as the labs number them: several people can share a machine.
PORTS := $(shell u=$$(($$(id -u) % 5000)); echo $$((u + 25000)) $$((u + 25099)) $$((u + 25999)) $$((u + 30999)))
GDBPORT ?= $(word 1,$(PORTS))
SERVERPORT ?= $(word 2,$(PORTS))
FWDPORT1 ?= $(word 3,$(PORTS))
FWDPORT2 ?= $(word 4,$(PORTS))
NET_TESTS_PORT ?= $(SERVERPORT)

# ---- the tools: CC= or TOOLPREFIX= if given, else the first cross gcc that is here, else clang with lld

# A command that needs a tool that is missing installs it first (setup asks), and then make starts again: this file is
# read to the end of this rule, its "makefile" is made, and all is read anew.
GOALS = $(filter qemu qemu-gdb router grade,$(MAKECMDGOALS))
ifneq ($(GOALS),)
  setup = GIVEN_CC='$(if $(findstring command,$(origin CC)),$(CC))' TOOLPREFIX='$(TOOLPREFIX)' QEMU='$(QEMU)' tests/tools/setup
  ifneq ($(shell $(setup) missing $(GOALS)),)
    include $B/installed
$B/installed: FORCE
	@YES='$(YES)' $(setup)
	@mkdir -p $(@D) && echo '# All tools are here.' > $@
  endif
endif

ifeq ($(origin CC),command line)
  ifeq ($(origin TOOLPREFIX),undefined)
    TOOLPREFIX := $(shell echo '$(CC)' | sed -n 's/gcc[-.0-9]*$$//p')
  endif
else
  ifeq ($(origin TOOLPREFIX),undefined)
    FOUND := $(shell tests/tools/setup cc)
    TOOLPREFIX := $(patsubst %gcc,%,$(filter %gcc,$(FOUND)))
  endif
  CC := $(if $(TOOLPREFIX),$(TOOLPREFIX)gcc,$(or $(FOUND),clang))
endif

ifeq ($(findstring clang,$(notdir $(CC))),)
  LD = $(TOOLPREFIX)ld
  AR = $(TOOLPREFIX)ar
  NM = $(TOOLPREFIX)nm
  STRIP = $(TOOLPREFIX)strip
  OBJDUMP = $(TOOLPREFIX)objdump
  # Loops that fill or copy stay loops: memset() must not become a call of itself. A compiler for Linux compiles for rxv.
  TARGET = -fno-tree-loop-distribute-patterns -U__linux__
else
  # clang-16 goes with ld.lld-16, where there is one.
  llvm = $(shell command -v $(1)$(patsubst clang%,%,$(notdir $(CC))) || echo $(1))
  LD := $(call llvm,ld.lld)
  AR := $(call llvm,llvm-ar)
  NM := $(call llvm,llvm-nm)
  STRIP := $(call llvm,llvm-strip)
  OBJDUMP := $(call llvm,llvm-objdump)
  # lld 14 cannot shorten calls, as GNU ld does.
  TARGET = --target=riscv64-unknown-elf -mno-relax -Wno-unknown-attributes
endif

# Younger assemblers want the CSR and fence.i instructions named, older ones do not know the names.
ifneq ($(filter-out clean help setup doctor check gdb print-gdbport print-compilers,$(or $(MAKECMDGOALS),all)),)
  ISA := $(shell $(CC) $(TARGET) -march=rv64imac_zicsr_zifencei -mabi=lp64 -c -x assembler /dev/null -o /dev/null \
    2>/dev/null && echo rv64imac_zicsr_zifencei || echo rv64imac)
  # Only the compiler's own headers (stdarg.h and the like), never those of a C library that is installed with it.
  HEADERS := -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null)
endif

# ---- flags

CFLAGS = $(TARGET) $(HEADERS) -march=$(ISA) -mabi=lp64 -mcmodel=medany $(OPT) $(NOLTO) -g -std=gnu11 -ffreestanding -fno-common \
  -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-omit-frame-pointer -fno-stack-protector -fno-pie \
  -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables \
  -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -MD -MP -I.
KCFLAGS = $(CFLAGS) $(if $(WERROR)$(filter true,$(CI)),-Werror) -Ikernel -Wframe-larger-than=1024 \
  $(if $(filter-out 0,$(DEBUG)),-DDEBUG -fsanitize=undefined -fno-sanitize-recover=undefined)
LCFLAGS = $(CFLAGS) $(if $(WERROR)$(filter true,$(CI)),-Werror) -ffunction-sections -fdata-sections
UCFLAGS = $(CFLAGS) $(if $(WERROR),-Werror) -ffunction-sections -fdata-sections -DNET_TESTS_PORT=$(NET_TESTS_PORT)
LDFLAGS = -m elf64lriscv -z max-page-size=4096 -nostdlib -static
LINK = $(LD) $(LDFLAGS)
# With OPT='-O2 -flto' the linker compiles. lld can do it alone; GNU ld is told how by gcc. memset() and the like must be
# ready by then: which of them it needs gcc finds out as it compiles.
ifneq ($(findstring -flto,$(OPT)),)
  %/core/string.o %/lib/ulib.o: NOLTO = -fno-lto
  ifeq ($(findstring clang,$(notdir $(CC))),)
    LINK = $(CC) $(filter-out -MD -MP,$(CFLAGS)) $(if $(filter -flto,$(OPT)),-flto=auto) -Wno-lto-type-mismatch \
      -nostdlib -static -no-pie -Wl,-z,max-page-size=4096,--build-id=none
    gcsections = -Wl,--gc-sections
    AR = $(TOOLPREFIX)gcc-ar
  else
    LINK = $(LD) $(LDFLAGS) --lto-O2
  endif
endif
gcsections ?= --gc-sections

HOSTPROG = $(patsubst %.c,$O%,$(wildcard mkfs/*.c))
all: $(KERNEL) $(FSIMG) $(HOSTPROG) listings

# ---- the kernel. It is linked twice: the second time with the table of its own function names.

# trap.c gives trap.o, vector.S gives vector.S.o. What watches the kernel is compiled and linked with DEBUG=1 alone.
WATCHERS = $(if $(filter-out 0,$(DEBUG)),,$K/debug/%)
KOBJ = $(addprefix $(KB),$(patsubst %.c,%.o,$(patsubst %.S,%.S.o,$(sort $(filter-out $(WATCHERS),$(wildcard $K/*/*.c $K/*/*.S))))))
KLINK = $(or $(KB),$B/)

$(KERNEL): $(KOBJ) $K/kernel.ld $K/core/symtab.awk $(KLINK)klist
	$(say) "  ld $@"
	$Q$(LINK) -T $K/kernel.ld -o $(KLINK)kernel.1 $(KOBJ)
	$Q$(NM) -n $(KLINK)kernel.1 | awk -f $K/core/symtab.awk > $(KLINK)symtab.S
	$Q$(CC) $(KCFLAGS) -MF $(KLINK)symtab.d -c -o $(KLINK)symtab.o $(KLINK)symtab.S
	$Q$(LINK) -T $K/kernel.ld -o $@ $(KOBJ) $(KLINK)symtab.o
	$Q$(call symbols,$@) > $@.sym

# The addresses of a program's symbols: "0000000000001234 name", as xv6's kernel.sym has them.
symbols = $(NM) $1 | awk 'NF == 3 { print $$1, $$3 }'

$(KB)$K/%.o: $K/%.c $(KLINK)kflags
	$(say) "  cc $<"
	@mkdir -p $(@D)
	$Q$(CC) $(KCFLAGS) -c -o $@ $<
$(KB)$K/%.S.o: $K/%.S $(KLINK)kflags
	$(say) "  as $<"
	@mkdir -p $(@D)
	$Q$(CC) $(KCFLAGS) -c -o $@ $<

# ---- user programs: every NAME.c with a main() in user/ is one, with no list to edit; so is one in user/tests/ or user/bench/
#
# A file without main(), say user/uthread_switch.S, belongs to the program of its directory that its name is, or begins
# with before a _: uthread_switch, or else uthread.

UDIRS = tests bench
USRC := $(patsubst $U/%,%,$(sort $(wildcard $U/*.c $U/*.S $(foreach d,$(UDIRS),$U/$d/*.c $U/$d/*.S))))
IS_MAIN = ^[[:space:]]*([[:alpha:]_][[:alnum:]_]*[[:space:]*]+)*main[[:space:]]*(\([^;]*|:)$$
UMAIN := $(if $(USRC),$(patsubst $U/%,%,$(shell grep -lE '$(IS_MAIN)' $(addprefix $U/,$(USRC)))))
program = $(lastword $(sort $(foreach p,$(basename $(UMAIN)),$(if $(filter $p $p_%,$(basename $1)),$p))))
$(foreach f,$(UMAIN),$(eval OF_$f := $(basename $f)))
$(foreach f,$(filter-out $(UMAIN),$(USRC)),$(eval OF_$f := $(or $(call program,$f),$(basename $(filter %.c,$f)))))
PROG := $(sort $(foreach f,$(USRC),$(OF_$f)))
$(foreach d,$(filter $(UDIRS),$(PROG)),$(error $U/$d.c: /$d is a directory of the guest: give your program another name))
# The executable of the program tests/NAME is user/tests/_NAME, its listing user/tests/NAME.asm.
executable = $O$U/$(patsubst ./%,%,$(dir $1))_$(notdir $1)
UPROG := $(foreach p,$(PROG),$(call executable,$p))
$(foreach f,$(USRC),$(if $(OF_$f),$(eval $(call executable,$(OF_$f)): $O$U/$(patsubst %.c,%.o,$(f:.S=.S.o)))))
ULIB = $B/ulib.a
ULIBOBJ = $(addprefix $O,$(patsubst %.c,%.o,$(patsubst %.S,%.S.o,$(sort $(wildcard $U/lib/*.c $U/lib/*.S)))))

$(UPROG): $(ULIB) $U/user.ld $B/uparts
	$Q$(LINK) $(gcsections) -T $U/user.ld -o $@ $(filter %.o,$^) $(ULIB)
$(ULIB): $(ULIBOBJ)
	$Qrm -f $@ && $(AR) rcs $@ $(ULIBOBJ)

$O$U/lib/%.o: $U/lib/%.c $B/uflags
	$(say) "  cc $<"
	@mkdir -p $(@D)
	$Q$(CC) $(LCFLAGS) -c -o $@ $<
$O$U/lib/%.S.o: $U/lib/%.S $B/uflags
	$(say) "  as $<"
	@mkdir -p $(@D)
	$Q$(CC) $(LCFLAGS) -c -o $@ $<
# The largest programs are tests; their own speed does not matter, but that of their building does.
UT_OPT = $(if $(filter $U/tests/ut_%,$<),-O1)
$O$U/%.o: $U/%.c $B/uflags
	$(say) "  cc $<"
	@mkdir -p $(@D)
	$Q$(CC) $(UCFLAGS) $(UT_OPT) -c -o $@ $<

$O$U/%.S.o: $U/%.S $B/uflags
	$(say) "  as $<"
	@mkdir -p $(@D)
	$Q$(CC) $(UCFLAGS) -c -o $@ $<

# What was made of the sources, instruction by instruction, for whoever debugs: kernel/kernel.asm, user/NAME.asm; and the
# symbols' addresses, for whoever sets breakpoints by hand: kernel/kernel.sym, user/NAME.sym.
UASM = $(PROG:%=$O$U/%.asm)
listings: $(KERNEL).asm $(UASM)
$(KERNEL).asm: $(KERNEL)
	$Q$(OBJDUMP) -S $< > $@
$(foreach p,$(PROG),$(eval $O$U/$p.asm: $(call executable,$p)))
$(UASM):
	$Q$(OBJDUMP) -S $< > $@
	$Q$(call symbols,$<) > $(@:.asm=.sym)

# ---- the file system image: the programs without their symbols, those of user/tests in /tests, README, and user/files as it is

UFILE := $(if $(wildcard $U/files),$(shell find $U/files -type f))

$(FSIMG): $Omkfs/mkfs $(UPROG) $(UFILE) README.md $B/ulist
	$(say) "  mkfs $@"
	$Qrm -rf $B/root && mkdir -p $B/root $(addprefix $B/root/,$(UDIRS))
	$Q$(foreach p,$(PROG),cp $(call executable,$p) $B/root/$p &&) $(STRIP) $(addprefix $B/root/,$(PROG))
	$Qcp README.md $B/root/README
	$Q[ ! -d $U/files ] || cp -R $U/files/. $B/root
	$Q$Omkfs/mkfs $@ $B/root

$(HOSTPROG): $Omkfs/%: mkfs/%.c
	$(say) "  cc $<"
	@mkdir -p $B $(@D)
	$Q$(HOSTCC) -O2 -g -Wall -Wextra -MD -MP -MF $B/$*.d -I. -o $@ $<

# Compiler, flags and parts of the last build: what differs from them is built again.
same = mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@
$(KLINK)kflags: FORCE
	@command -v $(CC) >/dev/null || { echo "No RISC-V compiler ($(CC)): 'make setup' installs one." >&2; exit 1; }
	@$(call same,$(CC) $(LD) $(filter-out -Werror,$(KCFLAGS)))
$B/uflags: FORCE
	@$(call same,$(CC) $(LD) $(filter-out -Werror,$(UCFLAGS) $(LCFLAGS)))
$(KLINK)klist: FORCE
	@$(call same,$(KOBJ))
$B/ulist: FORCE
	@$(call same,$(UPROG) $(UFILE))
$B/uparts: FORCE
	@$(call same,$(foreach f,$(USRC),$(OF_$f):$f))
FORCE:

-include $(wildcard $(KB)$K/*/*.d $O$U/*.d $O$U/*/*.d $B/*.d $(if $(KB),$(KB)*.d))

# ---- running

WIRE = $(patsubst wire:%,%,$(NET))
NIC = -object filter-dump,id=net0,netdev=net0,file=packets.pcap -device e1000,netdev=net0,bus=pcie.0,romfile=
ifeq ($(NET),user)
  NETOPTS = -netdev user,id=net0,hostfwd=udp:127.0.0.1:$(FWDPORT1)-:2000,hostfwd=udp:127.0.0.1:$(FWDPORT2)-:2001 $(NIC)
else ifeq ($(NET),none)
  NETOPTS = -net none
else
  NETOPTS = -netdev dgram,id=net0,local.type=unix,local.path=$(WIRE).q,remote.type=unix,remote.path=$(WIRE).h $(NIC)
endif

# QEMU's standard output needs no CR before LF: a terminal adds it, and programs that read it compare whole lines.
QEMUOPTS = $(if $(findstring -serial,$(QEMUEXTRA)),,-append console=lf) -machine virt -bios none -kernel $(KERNEL) -m $(MEM) -smp $(CPUS) -nographic \
  -global virtio-mmio.force-legacy=false \
  -drive file=$(FSIMG),if=none,format=raw,id=x0 -device virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0 \
  $(NETOPTS) $(QEMUEXTRA)
# With exec, QEMU is make's own child: no shell between them.
RUN = exec env MAKE="$(MAKE)" GOAL=$@ $B/run

$B/run: tests/tools/run.c
	@mkdir -p $(@D)
	$Q$(HOSTCC) -O2 -Wall -Wextra -o $@ $<

qemu qemu-gdb: listings
qemu: $(KERNEL) $(FSIMG) $B/run
	@$(RUN) $(QEMU) $(QEMUOPTS)

qemu-gdb: $(KERNEL) $(FSIMG) $B/run .gdbinit
	@echo "*** Now run 'make gdb' in a second terminal."
	@$(RUN) $(QEMU) $(QEMUOPTS) -S -gdb tcp:127.0.0.1:$(GDBPORT)

router: $(KERNEL) $(FSIMG)
	@exec env CPUS=$(CPUS) KERNEL=$(KERNEL) IMAGE=$(FSIMG) QEMU=$(QEMU) tests/tools/router

grade:
	@./grade-lab-net $(if $(filter-out 0,$(QUICK)),--quick) $(if $(filter 1,$V),-v) $(if $(filter-out 0,$(DEBUG)),--debug) $(ARGS)

.gdbinit: .gdbinit.tmpl $(if $(filter qemu-gdb,$(MAKECMDGOALS)),FORCE)
	$Qsed -e 's/@TARGET@/127.0.0.1:$(GDBPORT)/' -e 's|@KERNEL@|$(KERNEL)|' $< > $@

gdb: .gdbinit
	@tests/tools/setup gdb >/dev/null || { echo "No debugger that knows RISC-V: 'make setup' installs one." >&2; exit 1; }
	@exec $$(tests/tools/setup gdb) -q -nx -iex 'set auto-load local-gdbinit off' -x .gdbinit

print-gdbport:
	@echo $(GDBPORT)

# The RISC-V compilers that are here, as "NAME version": first the one that is used. CC=NAME takes another.
print-compilers:
	@tests/tools/setup compilers $(CC)

-include bench/bench.mk
-include tests/tests.mk

# ---- checking

host-tests:
	@for d in $(dir $(wildcard tests/host/Makefile tests/host/*/Makefile)); do \
	  $(MAKE) --no-print-directory -C $$d CC='$(HOSTCC)' HOSTCC='$(HOSTCC)' || exit 1; done

check:
	@tests/check/run

figures:
	@doc/figures/draw

setup doctor:
	@YES='$(YES)' ALL='$(ALL)' tests/tools/setup $(filter-out setup,$@)

help:
	@sed -n 's/^## \{0,1\}//p' Makefile bench/bench.mk tests/tests.mk

clean:
	rm -rf $B
ifeq ($O,)
	rm -rf .gdbinit fs.img packets*.pcap results.json $K/kernel $K/kernel.sym $K/kernel.asm $(HOSTPROG) tests/host/*/build
	rm -f $K/*/*.[od] $(foreach d,$U $U/lib $(addprefix $U/,$(UDIRS)),$d/*.[od] $d/_* $d/*.asm $d/*.sym)
endif

.PHONY: all listings qemu qemu-gdb router grade gdb print-gdbport print-compilers host-tests check figures setup doctor help clean FORCE
