#!/bin/sh
# Records one run of @ID@ in QEMU. README.md says how, and what is asked of the kernel.
#
#   KERNEL=/path/to/bzImage MODULES=/path/to/modules sh run.sh
#
# KERNEL   the kernel's image (vmlinuz, bzImage)
# MODULES  its modules: /lib/modules/VERSION, or a directory that holds lib/modules/VERSION (an unpacked linux-image package)
# KEXEC    kexec of kexec-tools, for the paths kexec and kdump; default: the one in PATH
# BUSYBOX  busybox, best a static one; default: the one in PATH
# QEMU     default: qemu-system-x86_64
# OUT      folder for the recording, new or empty; default: recording, beside this file
# MEM      memory, MiB; default: @MEM@
# LIMIT    seconds after which QEMU is stopped; default: 300
# TRAFFIC  0: nothing uses the devices before the shutdown; default: 1
# CMDLINE  more words for the first kernel's command line
set -eu
export LC_ALL=C

fail() { echo "run.sh: $*" >&2; exit 1; }
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }

[ -n "${KERNEL:-}" ] || fail "KERNEL is not set; a kernel image is needed, such as KERNEL=/boot/vmlinuz-VERSION"
[ -n "${MODULES:-}" ] || fail "MODULES is not set; the kernel's modules are needed, such as MODULES=/lib/modules/VERSION"
[ -r "$KERNEL" ] || fail "KERNEL=$KERNEL cannot be read"
[ -d "$MODULES" ] || fail "MODULES=$MODULES is no directory"
BUSYBOX=${BUSYBOX:-$(command -v busybox || :)}
[ -n "$BUSYBOX" ] && [ -x "$BUSYBOX" ] || fail "busybox is needed (BUSYBOX=path)"
QEMU=${QEMU:-qemu-system-x86_64}
command -v "$QEMU" >/dev/null 2>&1 || fail "$QEMU is needed (QEMU=path)"
KEXEC=${KEXEC:-$(command -v kexec || :)}
KERNEL=$(absolute "$KERNEL") MODULES=$(absolute "$MODULES") BUSYBOX=$(absolute "$BUSYBOX")
[ -z "$KEXEC" ] || KEXEC=$(absolute "$KEXEC")
OUT=$(absolute "${OUT:-$(dirname "$0")/recording}")
cd "$(dirname "$0")"
if [ -d "$OUT" ] && [ -n "$(ls -A "$OUT")" ]; then fail "OUT=$OUT is not empty"; fi
MEM=${MEM:-@MEM@} LIMIT=${LIMIT:-300} TRAFFIC=${TRAFFIC:-1} CMDLINE=${CMDLINE:-}

# What this QEMU cannot do is told before anything is built.
have=$("$QEMU" -device help 2>&1)
for d in @DEVICES@; do
    echo "$have" | grep -q "name \"$d\"" || fail "this QEMU has no device '$d' (see README.md, table of devices)"
done
have=$("$QEMU" -trace help 2>&1)
for e in $(cat trace-events.txt); do
    echo "$have" | grep -qx "$e" || fail "this QEMU has no trace event '$e'; one built with the trace backend 'log' is needed"
done

mkdir -p "$OUT" work
export KERNEL MODULES BUSYBOX KEXEC
sh ./mkinitramfs.sh work/initrd
for i in @DISKS@; do dd if=/dev/zero of=work/disk$i.img bs=1M seek=16 count=0 2>/dev/null; done
rm -f work/trace.log work/console.log

# The machine. BDFs are the scenario's; TCG and its IO-APIC in user space, for only these show the lines and pins.
set -- \
@ARGS@
    -m "$MEM" -cpu max -no-reboot -display none -monitor none \
    -kernel "$KERNEL" -initrd work/initrd -serial file:work/console.log \
    -msg timestamp=on -trace events=trace-events.txt -D work/trace.log \
    -append "console=ttyS0,115200 nokaslr mitigations=off no_timer_check rdinit=/init panic=5 stage=1 traffic=$TRAFFIC @APPEND@ $CMDLINE"
{ printf '%s' "$QEMU"; for a in "$@"; do case $a in *[!A-Za-z0-9_.,:=/+@-]*) printf " '%s'" "$a" ;; *) printf ' %s' "$a" ;; esac; done; echo; } \
    | sed "s|$KERNEL|vmlinuz|g" > "$OUT/cmd"
echo "run.sh: recording; at most $LIMIT s" >&2
"$BUSYBOX" timeout "$LIMIT" "$QEMU" "$@" || echo "run.sh: QEMU ended with an error, or after LIMIT=$LIMIT s; what there is is kept" >&2
[ -s work/trace.log ] && [ -e work/console.log ] || fail "QEMU left no trace"

# What the recording is: the console, what the guest listed, and the trace from mark 1 on. Of what came before, registers and lines count.
tr -d '\r' < work/console.log > work/console.txt
sed -n '/^@@BEGIN /,/^@@END /p' work/console.txt > "$OUT/bulk.txt"
grep -q '^@@END before.functions' "$OUT/bulk.txt" || fail "the guest did not come as far as listing its functions; see work/console.log"
# The timer, the keyboard and the serial line are lines of their own.
"$BUSYBOX" awk '
    /00:00.0 @0xdc <- 0x50434901$/ { on = 1 }
    /x86_gsi_interrupt GSI interrupt #(0|1|2|3|4|6|7|8|9|12|13|14|15) / { next }
    on || /pci_cfg_write|ioapic_mem_write|x86_gsi_interrupt/
    ' work/trace.log > work/trace
grep -q '@0xdc <- 0x50434901$' work/trace || fail "the trace has no mark 1: either the guest did not come so far (work/console.log), or this QEMU traces elsewhere"
gzip -9 -c work/trace > "$OUT/trace.gz"
cp guest-*.sh "$OUT/"
section() { sed -n "/^@@BEGIN $1 /,/^@@END/p" "$OUT/bulk.txt" | sed '1d;$d' | tr -d '"\\'; }
{
    echo '{'
    echo " \"kernel\": \"$(section uname | tr '\n' ' ')\","
    echo " \"machine\": \"@MACHINE@\","
    echo " \"append\": \"$(echo "@APPEND@ $CMDLINE" | tr -d '"\\')\","
    echo " \"stable_guest_clock\": @STABLE@,"
    echo " \"cpus\": @CPUS@,"
    echo " \"made_by\": \"kit of @ID@\""
    echo '}'
} > "$OUT/run.json"
echo "run.sh: done. Now: pcidash conform $OUT" >&2
