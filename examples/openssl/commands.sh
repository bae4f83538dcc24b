# What openssl computes, read by a shell whose `openssl` is the program: in ring 3 on this host, in ring 0 in a machine. Everything is the same in both.
mkdir -p /tmp/openssl.$$ && cd /tmp/openssl.$$ || exit 1

# Half a megabyte that is no repetition.
openssl enc -aes-128-ctr -K 00 -iv 00 -in "$TEXT" -out data 2>/dev/null

for digest in md5 sha1 sha224 sha256 sha384 sha512 sha512-256 sha3-256 sha3-512 shake256 blake2b512 blake2s256 ripemd160 sm3; do
	echo "$digest $(openssl dgst -r -$digest data)"
done
for cipher in aes-128-cbc aes-192-ctr aes-256-cbc aes-256-ofb camellia-256-cbc chacha20 aria-128-ctr sm4-cbc des-ede3-cbc; do
	key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
	[ $cipher != aes-128-cbc ] || key=000102030405060708090a0b0c0d0e0f
	openssl enc -$cipher -K $key -iv 0f0e0d0c0b0a09080706050403020100 -in data -out data.enc 2>/dev/null
	echo "$cipher $(openssl dgst -r -sha256 data.enc)"
	openssl enc -d -$cipher -K $key -iv 0f0e0d0c0b0a09080706050403020100 -in data.enc 2>/dev/null | cmp - data && echo 'and back'
done
# The same with other instructions: neither AES nor carry-less multiplication, nothing beyond SSE2.
echo "plain $(OPENSSL_ia32cap=0x0:0x0 openssl dgst -r -sha512 data) $(OPENSSL_ia32cap=~0x200000200000000:0x0 openssl enc -aes-256-cbc -K 01 -iv 02 -in data 2>/dev/null | openssl dgst -r -sha1)"
openssl dgst -sha256 -mac HMAC -macopt key:secret data
openssl mac -cipher AES-128-CBC -macopt hexkey:000102030405060708090a0b0c0d0e0f -in data CMAC
openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -in data Poly1305
openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:password -kdfopt salt:salt -kdfopt iter:20000 PBKDF2
openssl kdf -keylen 32 -kdfopt pass:password -kdfopt salt:salt -kdfopt n:1024 -kdfopt r:8 -kdfopt p:1 SCRYPT
openssl prime 170141183460469231731687303715884105727 170141183460469231731687303715884105729

# Keys are chance; what they sign is verified, and what they agree upon is equal.
for algorithm in 'RSA -pkeyopt rsa_keygen_bits:2048' 'EC -pkeyopt ec_paramgen_curve:P-256' 'EC -pkeyopt ec_paramgen_curve:P-521' \
	'EC -pkeyopt ec_paramgen_curve:brainpoolP256r1' ED25519 ED448; do
	openssl genpkey -algorithm $algorithm -out key 2>/dev/null
	openssl pkey -in key -pubout -out public
	head -c 60 data >short
	raw=
	case $algorithm in ED*) raw=-rawin ;; esac
	openssl pkeyutl -sign $raw -inkey key -in "$([ -n "$raw" ] && echo short || { openssl dgst -sha256 -binary short >digest; echo digest; })" -out signature
	openssl pkeyutl -verify $raw -pubin -inkey public -sigfile signature -in "$([ -n "$raw" ] && echo short || echo digest)"
	echo "$algorithm: $?"
done
for algorithm in X25519 X448 'EC -pkeyopt ec_paramgen_curve:P-384'; do
	for one in a b; do
		openssl genpkey -algorithm $algorithm -out $one
		openssl pkey -in $one -pubout -out $one.public
	done
	openssl pkeyutl -derive -inkey a -peerkey b.public -out secret.a
	openssl pkeyutl -derive -inkey b -peerkey a.public -out secret.b
	cmp secret.a secret.b && echo "$algorithm: one secret"
done
cd / && rm -r /tmp/openssl.$$
