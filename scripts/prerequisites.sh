#!/bin/sh
# Installs the Debian packages that are missing, with one apt-get line that is shown first. It asks nothing: root and a sudo
# that needs no password run it, for everybody else it is printed.
#   prerequisites.sh demo|test
set -eu

# What linking, building a kernel and running need (src/kernel/requirements.ts and src/cli/doctor.ts name the same).
packages="gcc make binutils libc6-dev flex bison bc libelf-dev lz4 patch tar xz-utils perl linux-source-6.1 qemu-system-x86 e2fsprogs"
# What only the tests need: C++ fixtures, a shell for guests, a git tree of the kernel, a second opinion on zstd, more code to read, tracers and
# debuggers for guests, the unpacker of source packages, what the examples are built and tried with.
[ "${1:-}" != test ] || packages="$packages g++ busybox-static git zstd libssl-dev strace gdb gdbserver linux-perf dpkg-dev rustc cmake curl
	cpio openssl wrk apache2-utils autoconf automake meson ccache clang lld mold libevent-dev libmemcached-tools libpcre2-dev zlib1g-dev libjemalloc-dev tcl"

missing=
for package in $packages; do
	dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
	sudo=
elif sudo -n true 2>/dev/null; then
	sudo="sudo -n "
else
	echo "missing packages; install them, then run the same again:" >&2
	echo "    sudo $line" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "$sudo$line"
${sudo}apt-get update --quiet --quiet
exec $sudo$line </dev/null
