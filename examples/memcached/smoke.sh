#!/bin/sh
# memcached in ring 0 with its clients: memcached-tool of its source, libmemcached's memccapable, memccp, memccat, memcslap; four threads on four processors.
set -eu
cd "$(dirname "$0")"
. ../support.sh

port=$(free_port)
boot build/memcached.bzImage -m 512 --cpus 4 -p "$port:11211" -- -m 128 -t 4 -c 512
tool() {
	timeout 60 perl build/source/scripts/memcached-tool "127.0.0.1:$port" "$@" >build/tool && tr -d '\r' <build/tool
}
wait_for tool stats

# stat NAME: a figure of the server's.
stat() {
	tool stats | awk -v name="$1" '$1 == name { print $2 }'
}
[ "$(stat threads)" = 4 ] || fail "threads: $(stat threads)"
passed "memcached $(stat version), four threads"

timeout 300 memccapable -h 127.0.0.1 -p "$port" >build/capable 2>&1 || fail "memccapable: $(tail -n 20 build/capable)"
! grep -q -i '\[FAIL\]' build/capable || fail "memccapable: $(grep -i fail build/capable)"
passed "memccapable: $(grep -c '\[pass\]' build/capable) of its checks of both protocols"

# A file of 200 KB comes back as it went.
seq 40000 | head -c 200000 >build/value
timeout 60 memccp --servers="127.0.0.1:$port" build/value || fail "memccp: $?"
timeout 60 memccat --servers="127.0.0.1:$port" value | head -c 200000 | cmp - build/value || fail 'memccat: another value'
passed 'memccp and memccat: a value of 200 KB'

# Few clients: QEMU's forwarded ports take bursts of connections only one by one, seconds late (docs/run.md), which memcslap takes for a dead server.
before=$(stat cmd_set)
timeout 300 memcslap --servers="127.0.0.1:$port" --concurrency=4 --execute-number=2500 --test=set >build/slap 2>&1 || fail "memcslap set: $(cat build/slap)"
[ $(($(stat cmd_set) - before)) -ge 10000 ] || fail "memcslap has set $(($(stat cmd_set) - before)) values, not 10000"
passed "memcslap, 4 clients: $(sed -n 's/^.*Took/10000 values set in/p' build/slap)"
timeout 300 memcslap --servers="127.0.0.1:$port" --concurrency=4 --execute-number=2500 --initial-load=1000 --test=get >build/slap 2>&1 || fail "memcslap get: $(cat build/slap)"
[ "$(stat get_misses)" -lt "$(stat get_hits)" ] || fail "more misses ($(stat get_misses)) than hits ($(stat get_hits))"
passed "memcslap, 4 clients: $(sed -n 's/^.*Took/10000 values read in/p' build/slap)"

tool >build/slabs
grep -q -E '^ +[0-9]+ +[0-9.]+[KMB]+' build/slabs || fail "memcached-tool display: $(cat build/slabs)"
tool settings | grep -q -E 'maxconns +512' || fail 'memcached-tool settings'
passed 'memcached-tool: display, settings, stats'
no_complaint
