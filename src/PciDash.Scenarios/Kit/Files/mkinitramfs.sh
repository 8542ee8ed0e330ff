#!/bin/sh
# Builds the guest's initramfs of busybox, the modules of modules.txt and this kit's scripts. No root is needed.
# Called by run.sh with KERNEL, MODULES, BUSYBOX and, for a second kernel, KEXEC in the environment:  sh mkinitramfs.sh FILE
set -eu
export LC_ALL=C

fail() { echo "mkinitramfs.sh: $*" >&2; exit 1; }
out=$1
root=work/root
rm -rf work/root work/second
mkdir -p $root/bin $root/proc $root/sys $root/dev $root/tmp $root/modules

# The version that is written in the image (Documentation/arch/x86/boot.rst: kernel_version at 0x20e), to find its modules.
at=$("$BUSYBOX" od -An -tu1 -j526 -N2 "$KERNEL" | "$BUSYBOX" awk '{ print $1 + 256 * $2 + 512 }')
version=$("$BUSYBOX" dd if="$KERNEL" bs=1 skip="$at" count=128 2>/dev/null | tr '\0' '\n' | sed 1q | cut -d' ' -f1)
tree=
for d in "$MODULES/lib/modules/$version" "$MODULES/usr/lib/modules/$version" "$MODULES/$version" "$MODULES"; do
    if [ -d "$d/kernel" ]; then tree=$d; break; fi
done
[ -n "$tree" ] || fail "no modules of $version in MODULES=$MODULES; lib/modules/$version or a directory with 'kernel' in it is needed"
echo "mkinitramfs.sh: kernel $version, modules from $tree" >&2

# A program and what it is linked against; a static one has no more.
program() {
    cp -L "$1" "$root/bin/$2"
    for l in $(ldd "$1" 2>/dev/null | sed -n 's|[^/]*\(/[^ ]*\).*|\1|p'); do
        mkdir -p "$root$(dirname "$l")"
        [ -e "$root$l" ] || cp -L "$l" "$root$l"
    done
}
program "$BUSYBOX" busybox

unpack() {
    case $1 in
        *.ko) cat "$1" ;;
        *.ko.gz) gzip -dc "$1" ;;
        *.ko.xz) "$BUSYBOX" xzcat "$1" ;;
        *.ko.zst) zstd -qdc "$1" ;;
    esac
}

# A module and, before it, what it depends on; the list of each is the order of insmod.
module() {
    [ ! -e "$root/modules/$1.list" ] || return 0
    : > "$root/modules/$1.list"
    pattern=$(echo "$1" | sed 's/[-_]/[-_]/g')
    file=$(find "$tree/" -name "$pattern.ko*" | sed 1q)
    if [ -z "$file" ]; then
        echo "mkinitramfs.sh: no module $1: taken for built in" >&2
        return 0
    fi
    unpack "$file" > "$root/modules/$1.ko" || fail "$file cannot be unpacked"
    for d in $(tr '\0' '\n' < "$root/modules/$1.ko" | sed -n 's/^depends=//p' | tr ',-' ' _'); do
        (module "$d")
        cat "$root/modules/$d.list" >> "$root/modules/$1.list"
    done
    echo "$1" >> "$root/modules/$1.list"
}
for m in $(cat modules.txt); do module "$m"; done

cp init "$root/init"
cp guest-*.sh "$root/"
chmod +x "$root/init"
pack() { (cd "$1" && find . | { if command -v cpio >/dev/null 2>&1; then cpio -o -H newc; else "$BUSYBOX" cpio -o -H newc; fi; } 2>/dev/null) | gzip -1; }
if [ -e guest-2.sh ]; then
    [ -n "${KEXEC:-}" ] && [ -x "$KEXEC" ] || fail "this run goes on in a second kernel, so kexec of kexec-tools is needed: KEXEC=path"
    program "$KEXEC" kexec
    pack $root > work/base.gz
    mkdir -p work/second/boot
    cp work/base.gz work/second/boot/base.gz
    cp "$KERNEL" work/second/boot/vmlinuz
    pack work/second > work/second.gz
    # Each archive begins at a multiple of four (Documentation/driver-api/early-userspace/buffer-format.rst).
    size=$(wc -c < work/base.gz)
    { cat work/base.gz; dd if=/dev/zero bs=1 count=$(( (4 - size % 4) % 4 )) 2>/dev/null; cat work/second.gz; } > "$out"
else
    pack $root > "$out"
fi
