# What the examples' tests share; read with `.` in the example's folder. What is started here ends with the script, whatever ends it.
UKL_LINK=${UKL_LINK:-../../bin/ukl-link}
# Of the machine started last: the file that has its console's output, its process id, and the seconds it may run.
console=build/console
machine=
TIMEOUT=600
# The process ids of everything that must not outlive the script.
children=

# Says what does not hold, shows the console of a machine that may be why, and ends the test.
fail() {
	echo "FAILED: $*" >&2
	[ -z "$machine" ] || { echo "the machine's last words:" >&2; tail -n 30 "$console" >&2; }
	exit 1
}

# passed WHAT…
passed() {
	echo "ok: $*"
}

# A TCP port of this host that nobody uses now.
free_port() {
	node -e 'const server = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); });'
}

# boot ARGUMENT…: `ukl-link run ARGUMENT…` in the background, its console in the file $console.
boot() {
	"$UKL_LINK" run --timeout "$TIMEOUT" "$@" </dev/null >"$console" 2>&1 &
	machine=$!
	children="$children $machine"
}

# boot_with_shell SCRIPT ARGUMENT…: the same with a busybox in the machine, whose shell runs SCRIPT (a few lines) before the program starts.
boot_with_shell() {
	shell_files "$1"
	pack_shell
	shift
	boot "$@" --initrd build/shell.cpio --append rdinit=/shell
}

# The files that boot_with_shell adds, in build/shell, and their archive, build/shell.cpio: /shell is the machine's first process, until it becomes ukl-link's own.
shell_files() {
	rm -rf build/shell
	mkdir -p build/shell/bin
	cp "$(command -v busybox)" build/shell/bin/busybox
	ln -s busybox build/shell/bin/sh
	printf '%s\n' '#!/bin/sh' 'export PATH=/bin' '/bin/busybox --install -s /bin' 'mknod -m 666 /dev/null c 1 3' "$1" 'exec /init' >build/shell/shell
	chmod 755 build/shell/shell
}
pack_shell() {
	(cd build/shell && find . | busybox cpio -o -H newc 2>/dev/null) >build/shell.cpio
}

# What the shell of a machine does with SCRIPT when it comes in on the guest's port 1: `boot_with_shell "$REMOTE" -p PORT:1`, `remote PORT SCRIPT`.
REMOTE='(while :; do nc -l -p 1 -e /bin/sh; done) </dev/console >/dev/console 2>&1 &'
# One connection at a time: between two of them QEMU drops what comes, so it comes again until the shell answers.
remote() {
	for _ in $(seq 60); do
		printf '%s\n' 'echo shell' "$2" 'exit' | timeout 60 busybox nc 127.0.0.1 "$1" >build/remote 2>/dev/null || true
		if [ "$(head -n 1 build/remote)" = shell ]; then
			sed 1d build/remote
			return
		fi
		sleep 0.5
	done
	fail "the machine's shell does not answer"
}

# wait_for COMMAND… (one that ends by itself): repeats it until it succeeds, for a minute and a half, or until the machine has ended.
wait_for() {
	for _ in $(seq 180); do
		if "$@" >/dev/null 2>&1; then return; fi
		kill -0 "$machine" 2>/dev/null || fail "the machine has ended before this succeeded: $*"
		sleep 0.5
	done
	fail "in vain: $*"
}

# ended: waits for the machine's end by itself and gives its status. The run's own time limit bounds the wait.
ended() {
	status=0
	wait "$machine" || status=$?
	machine=
	return "$status"
}

# stop [PID…]: asks these to end and waits until they have.
stop() {
	for pid; do
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# same WHAT RING3 RING0: two files must be equal.
same() {
	diff -u "$2" "$3" >&2 || fail "$1: ring 3 (-) and ring 0 (+) differ"
	passed "$1: as in ring 3"
}

# on_terminal PROGRAM INPUT WORD…: what build/PROGRAM says in ring 3 to a terminal, as a machine's console is one, and its exit status.
on_terminal() {
	program=$1 input=$2
	shift 2
	status=0
	PATH=$PWD/build:$PATH script --quiet --return --command "$program $* <$input" /dev/null </dev/null >build/terminal || status=$?
	tr -d '\r' <build/terminal
	echo "status $status"
}

# The kernel must have had nothing to complain about.
no_complaint() {
	! grep -nE 'BUG:|WARNING: CPU|Oops|Call Trace|general protection|Kernel panic|segfault|rcu: INFO' "$console" || fail 'the kernel complains'
	passed 'no complaint of the kernel'
}

trap 'stop $children' EXIT
trap 'exit 1' HUP INT TERM
