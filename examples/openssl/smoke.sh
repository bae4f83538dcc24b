#!/bin/sh
# openssl in ring 0 computes what it computes in ring 3, and speaks TLS with it in both directions.
set -eu
cd "$(dirname "$0")"
. ../support.sh

# In the machine the trigger's name on PATH is openssl; the commands run before the machine's program does.
seq 80000 >build/text
TEXT=$PWD/build/text PATH=$PWD/build:$PATH sh commands.sh >build/ring3 2>&1
shell_files 'ln -s /program /bin/openssl; export TEXT=/text; echo commands; sh /commands; echo done'
cp commands.sh build/shell/commands
cp build/text build/shell/text
pack_shell
"$UKL_LINK" run build/openssl.bzImage -m 512 --timeout 600 --initrd build/shell.cpio --append rdinit=/shell -- version </dev/null >"$console" 2>build/notes ||
	fail "the commands: $? $(tail -n 20 "$console")"
# (Until ukl-link's /init has it, the console adds carriage returns.)
tr -d '\r' <"$console" | sed '0,/^commands$/d; /^done$/,$d' >build/ring0
same "$(wc -l <build/ring3) results of digests, ciphers, keys, signatures" build/ring3 build/ring0
grep -q '^OpenSSL 3' "$console" || fail 'it says no version'

# What a user does first.
timeout 400 make --no-print-directory run </dev/null >"$console" 2>build/notes || fail "make run: $? $(cat build/notes "$console")"
for result in '^sha256 +[0-9.]+k' '^AES-256-GCM +[0-9.]+k' 'ecdsa \(nistp256\) +[0-9.]+s'; do
	grep -q -E "$result" "$console" || fail "make run: no $result in $(cat "$console")"
done
passed 'speed'
no_complaint

# A server in the machine: its key and certificate come in with the run.
port=$(free_port)
build/openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost -config /dev/null \
	-addext subjectAltName=DNS:localhost -keyout build/key.pem -out build/certificate.pem 2>build/notes || fail "req: $(cat build/notes)"
rm -rf build/files
mkdir build/files
cp build/key.pem build/certificate.pem build/files/
(cd build/files && find . | busybox cpio -o -H newc 2>/dev/null) >build/files.cpio
boot build/openssl.bzImage --initrd build/files.cpio -p "$port:4433" -- s_server -accept 4433 -key /key.pem -cert /certificate.pem -www
get() {
	curl -sf -m 30 --cacert build/certificate.pem --resolve "localhost:$port:127.0.0.1" "$@" "https://localhost:$port/"
}
wait_for get
for version in 1.2 1.3; do
	get --tlsv$version --tls-max $version >build/page || fail "curl, TLS $version: $?"
	grep -q "TLSv$version" build/page || fail "s_server says nothing of TLS $version"
	passed "s_server in the machine, curl on the host, TLS $version"
done
for cipher in ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305; do
	timeout 60 build/openssl s_client -connect "127.0.0.1:$port" -servername localhost -CAfile build/certificate.pem -verify_return_error -tls1_2 -cipher $cipher \
		</dev/null >build/session 2>&1 || fail "s_client, $cipher: $(tail -n 5 build/session)"
	grep -q "Cipher is $cipher" build/session || fail "s_client has not agreed on $cipher"
done
passed 's_server in the machine, s_client on the host, two ciphers'
no_complaint
stop "$machine"
machine=

# A client in the machine: the host is 10.0.2.2 from there.
port=$(free_port)
build/openssl s_server -accept "127.0.0.1:$port" -key build/key.pem -cert build/certificate.pem -WWW >build/server.log 2>&1 &
children=$!
printf 'GET /smoke.sh HTTP/1.0\r\n\r\n' >build/request
"$UKL_LINK" run build/openssl.bzImage --timeout 120 --initrd build/files.cpio -- s_client -connect "10.0.2.2:$port" -quiet -no_ign_eof -ign_eof \
	-CAfile /certificate.pem -verify_return_error -servername localhost <build/request >"$console" 2>build/notes || fail "s_client in the machine: $? $(cat "$console")"
grep -q '^# openssl in ring 0 computes' "$console" || fail "s_client in the machine got: $(cat "$console")"
passed 's_client in the machine, s_server on the host'
