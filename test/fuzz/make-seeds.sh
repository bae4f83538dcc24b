#!/bin/sh
# Makes the seed files of the fuzzer anew. They are kept in the repository, so that a run with the same number
# gives the same inputs on every machine; run this only to add kinds of files.
set -eu
cd "$(dirname "$0")"
out=$PWD/seeds
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

cat > hello.c <<'C'
#include <stdio.h>
int main(void) { puts("hello"); return 0; }
C
cat > data.c <<'C'
__thread int counter = 3;
int common_block[4];
__attribute__((weak)) int weak(void) { return counter++; }
__attribute__((visibility("hidden"))) const char *const names[] = { "one", "two", "three" };
static int resolved(void) { return common_block[1]; }
static int (*resolve(void))(void) { return resolved; }
int chosen(void) __attribute__((ifunc("resolve")));
double scale(double x) { return x * 1.5 + chosen(); }
C
cat > group.cc <<'C'
template <class T> struct Box { T v; virtual ~Box() {} virtual T get() { if (v == 0) throw 1; return v; } };
inline int shared() { static int n; return ++n; }
int use(int x) { Box<int> b; b.v = x; try { return b.get() + shared(); } catch (int e) { return e; } }
C
cat > start.c <<'C'
static const char text[] = "data";
const char *pointer = text;
int zeros[100];
void _start(void) { for (;;) zeros[1] += *pointer; }
C
cat > versions.c <<'C'
int old_f(void) { return 1; }
int new_f(void) { return 2; }
extern int getpid(void);
int pid(void) { return getpid(); }
__asm__(".symver old_f,f@V1");
__asm__(".symver new_f,f@@V2");
C
printf 'V1 { global: f; pid; local: *; }; V2 { } V1;\n' > versions.map

gcc -c -O1 hello.c -o hello.o
gcc -c -O1 -ffunction-sections -fdata-sections -fcommon data.c -o data.o
g++ -c -O1 group.cc -o group.o
gcc -c -O0 -g -gz=zlib data.c -fcommon -o debug.o
gcc -c -O1 -fno-asynchronous-unwind-tables start.c -o start.o
small='-nostdlib -Wl,-z,noseparate-code -Wl,-z,max-page-size=64 -Wl,-z,common-page-size=64 -Wl,--build-id'
gcc $small -no-pie -static -Wl,--emit-relocs start.o -o exec
gcc $small -static-pie -fPIE start.c -o pie
gcc $small -shared -fPIC -Wl,-z,pack-relative-relocs -Wl,--version-script=versions.map versions.c -lc -o lib.so
objcopy --remove-section=.comment hello.o a_rather_long_member_name.o
ar rcD gnu.a hello.o a_rather_long_member_name.o start.o
llvm-ar --format=bsd rcD bsd.a hello.o a_rather_long_member_name.o start.o
ar rcDT thin.a hello.o a_rather_long_member_name.o start.o
SYM64_THRESHOLD=0 llvm-ar rcD sym64.a hello.o start.o
cp hello.o data.o group.o debug.o start.o exec pie lib.so gnu.a bsd.a thin.a sym64.a "$out"
