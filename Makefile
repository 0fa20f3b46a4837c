# rxv: `make qemu` boots to the shell, `make grade` runs the tests. `make help` lists the rest.

K = kernel
U = user
CPUS ?= 3
MEM ?= 128M
NET ?= user
QEMU ?= qemu-system-riscv64
V ?= 0

# The cross tools, by the first prefix that is installed.
TOOLPREFIX ?= $(shell for p in riscv64-unknown-elf- riscv64-linux-gnu- riscv64-elf-; do \
  if command -v $${p}gcc >/dev/null 2>&1; then echo $$p; break; fi; done)
CC = $(TOOLPREFIX)gcc
LD = $(TOOLPREFIX)ld
OBJCOPY = $(TOOLPREFIX)objcopy
HOSTCC ?= cc
NET_TESTS_PORT ?= $(shell expr `id -u` % 5000 + 25099)

CFLAGS = -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -O2 -g -std=gnu11 -ffreestanding -fno-common -nostdlib \
  -fno-omit-frame-pointer -fno-stack-protector -fno-pie -no-pie -mno-relax -fno-asynchronous-unwind-tables \
  -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror -MD -I. -DNET_TESTS_PORT=$(NET_TESTS_PORT)
KCFLAGS = $(CFLAGS) -Ikernel -Wframe-larger-than=1024 -fno-tree-loop-distribute-patterns
ifdef DEBUG
KCFLAGS += -DDEBUG
endif
UCFLAGS = $(CFLAGS)

KSRC = $(wildcard $K/*/*.c) $(wildcard $K/*/*.S)
KOBJ = $(patsubst %.c,%.o,$(patsubst %.S,%.o,$(KSRC)))

$K/kernel: $(KOBJ) $K/kernel.ld
	$(LD) -z max-page-size=4096 --no-warn-rwx-segments -T $K/kernel.ld -o $@ $(KOBJ)

$K/%.o: $K/%.c
	$(CC) $(KCFLAGS) -c -o $@ $<
$K/%.o: $K/%.S
	$(CC) $(KCFLAGS) -c -o $@ $<

-include $(wildcard $K/*/*.d $U/*.d)
