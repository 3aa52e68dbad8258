# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make            builds build/connwatch
# make run        installs what is missing, builds, runs the live watch (ARGS='--json' for options)
# make test       installs what is missing, builds, runs every test this machine can run
# make demo       the watch beside a lab of failing connections, in namespaces of its own
# make lab        the lab alone; make unit, make golden, make lint likewise
# make vm         the lab in guests: kernels 5.10 to the newest, every family of hooks, one variant
#                 of each row, another one in each guest; FULL=1: all variants, and controls;
#                 one of them: make vm KERNEL=6.1 HOOKS=kprobe [BOOT=integrity] [ROWS='10-…']
# make bench      what it costs, each figure with and without in turns (BENCH=--quick);
# make soak       ten minutes of mixed load (MINUTES=…): nothing grows, nothing is left
#
# make install    into PREFIX (/usr/local), below DESTDIR; make uninstall takes it away
#
# ARCH=arm64 with the targets `bpf` and `objects` compiles for that machine (into build/arm64).
# STATIC=1 links statically, SANITIZE=1 builds user space with ASan and UBSan
# (into build/sanitize), V=1 shows the commands.

arch_of = $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(1)))
ARCH ?= $(shell uname -m)
BPF_ARCH := $(call arch_of,$(ARCH))
CROSS := $(filter-out $(call arch_of,$(shell uname -m)),$(BPF_ARCH))
B := build$(if $(SANITIZE),/sanitize)$(if $(STATIC),/static)$(if $(CROSS),/$(CROSS))
VERSION := $(shell cat VERSION)
ifeq ($(CROSS),arm64)
CC := aarch64-linux-gnu-gcc
endif

CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
Q := $(if $(V),,@)

CFLAGS ?= -O2 -g
# The same bytes wherever the tree stands.
PLACELESS := -ffile-prefix-map=$(CURDIR)=.
CFLAGS += $(PLACELESS)
WARNINGS := -std=gnu11 -Wall -Wextra -Werror
CPPFLAGS += -I. -Iuser -I$(B) -D_GNU_SOURCE -DCONNWATCH_VERSION='"$(VERSION)"'
LIBRARIES := libbpf libelf jansson libmnl libcap-ng
LDLIBS += $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs $(LIBRARIES)) -lresolv
ifdef SANITIZE
CFLAGS += -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS += -fsanitize=address,undefined
endif
ifdef STATIC
ifeq ($(wildcard /usr/lib/*/libmnl.a /usr/lib/libmnl.a /usr/local/lib/libmnl.a),)
$(error STATIC=1 needs libmnl.a, which Debian does not package: build libmnl from its source first)
endif
LDFLAGS += -static
endif

BPF_CFLAGS := -g -O2 $(PLACELESS) -target bpf -mcpu=v3 -D__bpf__ -D__TARGET_ARCH_$(BPF_ARCH) -I. \
	-Wall -Wextra -Wno-unused-parameter -Werror

BPF_OBJECTS := $(patsubst bpf/%.bpf.c,$(B)/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
USER_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard user/*.c user/*/*.c))
CORE_OBJECTS := $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
MUSL_GCC := $(shell command -v musl-gcc)
LAB_PROGRAMS := $(B)/tests/provoke $(B)/tests/expect $(B)/tests/raw $(B)/tests/asker \
	$(B)/tests/impostor $(if $(MUSL_GCC),$(B)/tests/cwl-musl)
VM_PROGRAMS := $(addprefix $(B)/tests/,verifier_load btf_subset)
BENCH_PROGRAMS := $(addprefix $(B)/tests/,load empty least least.bpf.o json_floor map_entries)

# Lists, separated by commas; empty: all of them.
KERNEL ?=
HOOKS ?=
BOOT ?=
ROWS ?=
# Every variant and its control is six times as much: a guest has three hours then.
FULL ?=

.PHONY: all bpf objects vm run test unit lab demo golden programs bench soak lint install uninstall clean
PREFIX ?= /usr/local
all: $(B)/connwatch

bpf: $(B)/connwatch.bpf.o
objects: $(USER_OBJECTS)

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(B)/connwatch.bpf.o: $(BPF_OBJECTS)
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/connwatch.skel.h: $(B)/connwatch.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name connwatch_bpf > $@.tmp
	$(Q)mv $@.tmp $@

$(B)/user/%.o: user/%.c $(B)/connwatch.skel.h VERSION
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -MMD -MP -c $< -o $@

$(B)/connwatch: $(USER_OBJECTS)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ $(LDLIBS)
	@echo "built $@"

$(B)/tests/test_%: tests/unit/test_%.c $(CORE_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. $(CFLAGS) $(WARNINGS) $(LDFLAGS) -MMD -MP $< $(CORE_OBJECTS) -o $@ \
		$(LDLIBS) -lcmocka

$(B)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(CORE_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(LDFLAGS) -DFUZZ_DRIVER -MMD -MP $< \
		$(CORE_OBJECTS) -o $@ $(LDLIBS)

$(B)/tests/%: tests/lab/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(LDFLAGS) -MMD -MP $< -o $@ $(LDLIBS) -lpthread

# Neither the flags nor the headers of the other libc.
$(B)/tests/cwl-musl: tests/lab/musl.c
	@mkdir -p $(@D)
	$(Q)$(MUSL_GCC) -O2 $(WARNINGS) $< -o $@

$(B)/tests/%.bpf.o: tests/bench/%.bpf.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(B)/tests/empty $(B)/tests/least: $(B)/user/kernel/tracefs.o
$(B)/tests/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(LDFLAGS) -MMD -MP $(filter %.c %.o,$^) -o $@ \
		$(LDLIBS)

$(B)/tests/btf_subset: $(B)/user/kernel/btf_subset.o
$(B)/tests/%: tests/vm/%.c $(B)/connwatch.skel.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(LDFLAGS) -MMD -MP $(filter %.c %.o,$^) -o $@ \
		$(LDLIBS)

run:
	@scripts/deps build
	@$(MAKE) --no-print-directory all
	@build/connwatch $(ARGS)

demo:
	@scripts/deps test
	@$(MAKE) --no-print-directory all $(LAB_PROGRAMS)
	@tests/lab/demo build/connwatch build/tests

test:
	@scripts/deps test
	@B=$(B) MAKE="$(MAKE)" SANITIZE=$(SANITIZE) SHARED="$(SHARED)" tests/run

unit: $(UNIT_TESTS)
golden: $(B)/connwatch
	@CONNWATCH=$(abspath $(B)/connwatch) tests/golden/run
lab: $(B)/connwatch $(LAB_PROGRAMS)
	@CONNWATCH=$(abspath $(B)/connwatch) BINDIR=$(abspath $(B)/tests) tests/lab/run -P 4 $(LAB)
programs: $(UNIT_TESTS) $(LAB_PROGRAMS) $(VM_PROGRAMS) $(BENCH_PROGRAMS) \
	$(B)/tests/fuzz_replay $(B)/tests/fuzz_library $(B)/tests/fuzz_dns

bench:
	@scripts/deps bench
	@$(MAKE) --no-print-directory all $(BENCH_PROGRAMS)
	@CONNWATCH=$(abspath $(B)/connwatch) BINDIR=$(abspath $(B)/tests) \
		tests/bench/run -o $(B)/bench.json $(BENCH)

soak:
	@scripts/deps test
	@$(MAKE) --no-print-directory all $(BENCH_PROGRAMS)
	@CONNWATCH=$(abspath $(B)/connwatch) BINDIR=$(abspath $(B)/tests) \
		tests/soak/run $(if $(MINUTES),-m $(MINUTES))

vm:
	@scripts/deps test
	@$(MAKE) --no-print-directory all programs
	@tests/vm/matrix -P 3 $(if $(FULL),-t 10800,-t 2700 -r 0 -n) \
		$(if $(KERNEL),-k $(KERNEL)) $(if $(HOOKS),-H $(HOOKS)) \
		$(if $(BOOT),-b $(BOOT),$(if $(KERNEL)$(HOOKS),-b plain)) $(ROWS)

lint:
	@scripts/lint

# Half of its verbs are for everybody: not into sbin, which is not in everybody's PATH.
install: $(B)/connwatch
	install -D -m 755 $(B)/connwatch $(DESTDIR)$(PREFIX)/bin/connwatch
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/connwatch README.md LICENSE LICENSES/*

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/connwatch
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/connwatch

clean:
	rm -rf build

-include $(wildcard $(B)/*.d $(B)/*/*.d $(B)/*/*/*.d)
