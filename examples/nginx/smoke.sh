#!/bin/sh
# nginx in ring 0, asked by curl, wrk and ab: the same answers as from the same executable in ring 3, from four workers that come and go.
set -eu
cd "$(dirname "$0")"
. ../support.sh

http=$(free_port) https=$(free_port) shell=$(free_port) http3=$(free_port) https3=$(free_port)

# Ring 3 on this host serves the same folder by the same configuration, at its own places: nginx takes names without a slash in front from
# its -p folder, those of certificates from the configuration's.
rm -rf build/ring3
mkdir -p build/ring3/logs
sed -e "s|listen 80;|listen 127.0.0.1:$http3;|; s|listen 443 |listen 127.0.0.1:$https3 |; s|root /site|root ../site|" \
	-e "s|/etc/nginx/|../|; s|/tmp/||; s|/run/||; s|user root;||" nginx.conf >build/ring3/nginx.conf
build/nginx -p build/ring3 -c nginx.conf -e stderr 2>build/ring3/errors &
children=$!

boot_with_shell "mkdir -p /outer; mount -t proc proc /outer; $REMOTE" build/nginx.bzImage -m 512 --cpus 4 -p "$http:80" -p "$https:443" -p "$shell:1"
wait_for curl -sf -m 20 -o build/index "http://127.0.0.1:$http/index.html"
passed 'it serves'

# What differs by nature: the time, and that of the files.
asked=0
compare() {
	what=$1 path=$2
	shift 2
	for port in "$http3" "$http"; do
		curl -s -m 60 -D build/head -o build/body "$@" "http://127.0.0.1:$port$path" || fail "$what: curl says $?"
		{
			grep -v -i -E '^(date|last-modified|etag):' build/head
			# (Of a header alone, curl makes a body.)
			grep -a -v -E '^(Date|Last-Modified|ETag):' build/body | cksum
		} | sed -E 's/boundary=[0-9]+/boundary=/' >"build/answer.$port"
	done
	asked=$((asked + 1))
	same "$what" "build/answer.$http3" "build/answer.$http"
}
compare 'a page' /
compare 'a long file, by sendfile' /noise.bin
compare 'a long file, compressed' /lines.txt -H 'Accept-Encoding: gzip'
compare 'a range' /noise.bin -r 1000-4999
compare 'the last bytes' /lines.txt -r -77
compare 'a range behind the end' /index.html -r 5000000-
compare 'a header alone' /lines.txt -I
compare 'no such file' /nothing
compare 'a method it does not have' / -X DELETE
compare 'a request that is none' / -H 'Content-Length: x'

for protocol in --http1.1 --http2; do
	curl -s -m 60 "$protocol" --cacert build/server.crt --resolve "localhost:$https:127.0.0.1" -o build/body \
		-w '%{http_version} %{ssl_verify_result}\n' "https://localhost:$https/noise.bin" >build/tls || fail "TLS $protocol: curl says $?"
	cmp build/body build/site/noise.bin || fail "TLS $protocol: another file"
	passed "TLS, HTTP version and verification: $(cat build/tls)"
done

# logged CLIENT: how many of its requests the access log has.
logged() {
	curl -sf -m 60 "http://127.0.0.1:$http/log" | grep -c "$1"
}
[ "$(logged '"curl/')" -ge "$asked" ] || fail "the access log has $(logged '"curl/') lines, for $asked requests and more"
passed 'the access log'

# processes PATTERN: process ids of those with such a command line, as the machine's shell counts them: /proc counts as the program does.
processes() {
	remote "$shell" 'cd /outer; for id in [0-9]*; do echo "$id $(tr "\0" " " <$id/cmdline)"; done 2>/dev/null' | sed -n "s/^\([0-9]*\) $1 *\$/\1/p" | sort
}
workers() {
	processes 'nginx: worker process'
}
# master SIGNAL
master() {
	remote "$shell" "kill -$1 $(processes 'nginx: master process.*')"
}
workers >build/workers
[ "$(wc -l <build/workers)" = 4 ] || fail "not four workers: $(cat build/workers)"
passed 'four workers'

load() {
	wrk -t 2 -c "$1" -d "$2" --timeout 20s "http://127.0.0.1:$http$3" >build/wrk 2>&1 || fail "wrk: $(cat build/wrk)"
	grep -q 'Requests/sec' build/wrk || fail "wrk: $(cat build/wrk)"
	! grep -E 'Socket errors|Non-2xx' build/wrk || fail "wrk: $(cat build/wrk)"
	passed "wrk, $1 connections, $3:$(sed -n 's/requests in/& /p' build/wrk)"
}
load 20 5s /index.html
load 10 5s /noise.bin
# Two at a time: QEMU's forwarded ports take bursts of connections only one by one, the others seconds late.
ab -q -n 500 -c 2 "http://127.0.0.1:$http/index.html" >build/ab 2>&1 || fail "ab: $(cat build/ab)"
grep -q '^Failed requests: *0$' build/ab || fail "ab: $(cat build/ab)"
[ "$(logged ApacheBench)" = 500 ] || fail "500 requests have made $(logged ApacheBench) lines of access log"
passed 'ab: 500 connections, 500 answers, 500 lines of access log'

# A worker that dies is replaced, by the master's fork.
remote "$shell" "kill -KILL $(head -n 1 build/workers)"
replaced() {
	workers >build/workers.new
	[ "$(wc -l <build/workers.new)" = 4 ] && ! cmp -s build/workers build/workers.new
}
for _ in $(seq 60); do if replaced; then break; fi; sleep 0.5; done
replaced || fail "no new worker: $(cat build/workers.new)"
passed 'a killed worker is replaced'

# reload, in the middle of requests: none is refused, and all four workers are new.
workers >build/workers
wrk -t 1 -c 10 -d 6s --timeout 20s "http://127.0.0.1:$http/index.html" >build/wrk 2>&1 &
client=$!
sleep 1
master HUP
wait "$client" || fail "wrk while it reloads: $(cat build/wrk)"
# (A connection kept alive may be closed just when it is used again: a read error of the client's.)
! grep -E 'Non-2xx|connect [1-9]|write [1-9]|timeout [1-9]' build/wrk || fail "wrk while it reloads: $(cat build/wrk)"
all_new() {
	workers >build/workers.new
	[ "$(wc -l <build/workers.new)" = 4 ] && [ -z "$(comm -12 build/workers build/workers.new)" ]
}
for _ in $(seq 60); do if all_new; then break; fi; sleep 0.5; done
all_new || fail "after a reload: $(cat build/workers.new), before: $(cat build/workers)"
compare 'after a reload, in four new workers' /lines.txt

master QUIT
ended || fail "QUIT: it ended with $?"
passed 'QUIT ends it, with status 0'
no_complaint
