#!/bin/sh
# Redis in ring 0, as its own clients see it: every answer is compared, the data outlive the machine, and it replicates in both directions.
set -eu
cd "$(dirname "$0")"
. ./machine.sh

TIMEOUT=1200
disk=build/smoke.img
port=$(free_port)
other=$(free_port)
rm -f "$disk" build/dump.rdb

# A host's redis, in ring 3, as a partner for replication.
partner() {
	build/redis-server --port "$other" --bind 127.0.0.1 --enable-debug-command local --save '' --dir "$PWD/build" --logfile partner.log &
	children="$children $!"
	wait_until PONG "$CLI" -p "$other" ping
}

redis() {
	timeout 60 "$CLI" -p "$port" "$@"
}

# expect ANSWER COMMAND…: of redis-cli's plain output.
expect() {
	wanted=$1
	shift
	got=$("$@" 2>&1) || true
	[ "$got" = "$wanted" ] || fail "$*: \"$got\" instead of \"$wanted\""
}

# wait_until ANSWER COMMAND…: the same, within a minute and a half.
wait_until() {
	wanted=$1
	shift
	for _ in $(seq 180); do
		got=$("$@" 2>&1) || true
		[ "$got" != "$wanted" ] || return 0
		sleep 0.5
	done
	fail "$*: \"$got\" instead of \"$wanted\", for long"
}

# field NAME: of INFO.
field() {
	redis info everything | tr -d '\r' | sed -n "s/^$1://p"
}

start() {
	boot build/redis.bzImage -m 512 -p "$port:6379" --disk "$disk" -- --dir /data --appendonly yes --enable-debug-command yes "$@"
	wait_for_redis "$port"
}

# in_order: the machine ends by itself, with status 0, and its kernel has had nothing to say.
in_order() {
	ended || fail "the run ended with status $?"
	no_complaint
}

start
expect OK redis set greeting hello
expect hello redis get greeting
head -c 5000000 /dev/urandom >build/value
expect OK redis -x set large <build/value
expect "$(sha1sum <build/value | cut -d ' ' -f 1)" redis eval 'return redis.sha1hex(redis.call("get", KEYS[1]))' 1 large
passed 'values, small and large; a script'

expect calculator redis function load '#!lua name=calculator
redis.register_function("add", function(keys, args) return args[1] + args[2] end)'
expect 42 redis fcall add 0 40 2
passed 'functions'

# Two connections: QEMU's network is slow to take more at once.
"$BENCHMARK" -p "$port" -q -c 2 -P 16 -n 20000 -d 512 -r 10000 -t set,get,incr,lpush,lpop,sadd,zadd >build/benchmark 2>&1 ||
	fail "redis-benchmark: $(tr '\r' '\n' <build/benchmark | tail -n 3)"
[ "$(tr '\r' '\n' <build/benchmark | grep -c 'requests per second')" = 7 ] || fail "redis-benchmark: $(tr '\r' '\n' <build/benchmark | tail -n 3)"
passed 'redis-benchmark'

expect OK redis config set appendfsync always
expect 'Background saving started' redis bgsave
wait_until 0 field rdb_bgsave_in_progress
expect ok field rdb_last_bgsave_status
expect 'Background append only file rewriting started' redis bgrewriteaof
wait_until 0 field aof_rewrite_in_progress
expect ok field aof_last_bgrewrite_status
passed 'BGSAVE and BGREWRITEAOF'

timeout 120 "$CLI" -p "$port" subscribe news </dev/null >build/subscriber &
subscriber=$!
wait_until 1 field pubsub_channels
expect 1 redis client kill type pubsub
kill "$subscriber" 2>/dev/null || true
wait "$subscriber" 2>/dev/null || true
wait_until 0 field pubsub_channels
expect OK redis debug sleep 0.5
passed 'CLIENT KILL and DEBUG SLEEP'

partner
expect OK "$CLI" -p "$other" replicaof 127.0.0.1 "$port"
wait_until "$(redis debug digest)" "$CLI" -p "$other" debug digest
expect OK redis set greeting 'hello, replica'
wait_until 'hello, replica' "$CLI" -p "$other" get greeting
passed 'master of a replica'

expect OK "$CLI" -p "$other" replicaof no one
expect OK "$CLI" -p "$other" set greeting 'hello from outside'
expect OK redis replicaof 10.0.2.2 "$other"
wait_until 'hello from outside' redis get greeting
expect OK redis replicaof no one
passed 'replica of a master'

digest=$(redis debug digest)
redis shutdown save || true
in_order
start
expect "$digest" redis debug digest
passed 'SHUTDOWN, and the data in the next machine'

kill -TERM "$machine"
in_order
passed 'SIGTERM ends it in order'

boot build/redis-o.bzImage -p "$port:6379" -- --save ''
wait_for_redis "$port"
redis shutdown nosave || true
in_order
passed '--with-program=redis.o'
