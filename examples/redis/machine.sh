# What the scripts of this folder share; read with `.` in it. Machines that are started here end with the script, whatever ends it.
UKL_LINK=${UKL_LINK:-../../bin/ukl-link}
CLI=$PWD/build/source/src/redis-cli
BENCHMARK=$PWD/build/source/src/redis-benchmark
machines=
console=

# Says what does not hold, shows the console of the machine started last, and ends the script.
fail() {
	echo "FAILED: $*" >&2
	[ -z "$console" ] || { echo "the machine's last words:" >&2; tail -n 30 "$console" >&2; }
	exit 1
}

# A TCP port of this host that nobody uses now.
free_port() {
	node -e 'const server = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); });'
}

# boot CONSOLE ARGUMENT…: `ukl-link run ARGUMENT…` in the background, its output in the file CONSOLE, its process id in $machine.
boot() {
	console=$1
	shift
	"$UKL_LINK" run "$@" </dev/null >"$console" 2>&1 &
	machine=$!
	machines="$machines $machine"
}

# wait_for_redis PORT: until the machine started last answers, for three minutes.
wait_for_redis() {
	for _ in $(seq 360); do
		[ "$(timeout 20 "$CLI" -p "$1" ping 2>/dev/null)" != PONG ] || return 0
		kill -0 "$machine" 2>/dev/null || fail 'the machine has ended before redis answered'
		sleep 0.5
	done
	fail 'redis does not answer'
}

# stop_machine [PID]: by SIGTERM, and waits for its end.
stop_machine() {
	[ -n "${1:-}" ] || return 0
	kill -TERM "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

stop_machines() {
	for pid in $machines; do
		stop_machine "$pid"
	done
}

# The same executable for ring 3 in a guest, with the libraries it loads: build/ring3.cpio, to be laid over an image's own files.
ring3_files() {
	rm -rf build/ring3
	mkdir -p build/ring3
	cp build/redis-server build/ring3/program
	strip build/ring3/program
	for library in $(ldd build/redis-server | grep -o '/[^ ]*'); do
		mkdir -p "build/ring3$(dirname "$library")"
		cp -L "$library" "build/ring3$library"
	done
	(cd build/ring3 && find . | busybox cpio -o -H newc 2>/dev/null) >build/ring3.cpio
}

# no_complaint CONSOLE: the kernel must have had nothing to complain about.
no_complaint() {
	! grep -nE 'BUG:|WARNING: CPU|Oops|Call Trace|general protection|Kernel panic|segfault|rcu: INFO' "$1" || fail 'the kernel complains'
}

trap stop_machines EXIT
trap 'exit 1' HUP INT TERM
