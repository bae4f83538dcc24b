# What the scripts of this folder share besides what all examples do; read with `.` in it.
. ../support.sh
CLI=$PWD/build/source/src/redis-cli
BENCHMARK=$PWD/build/source/src/redis-benchmark

# answers PORT: a redis does.
answers() {
	[ "$(timeout 20 "$CLI" -p "$1" ping 2>/dev/null)" = PONG ]
}

# wait_for_redis PORT: until the machine started last answers, for three minutes.
wait_for_redis() {
	for _ in $(seq 360); do
		! answers "$1" || return 0
		kill -0 "$machine" 2>/dev/null || fail 'the machine has ended before redis answered'
		sleep 0.5
	done
	fail 'redis does not answer'
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
