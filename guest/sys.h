/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little that guest/init.c needs of a C library: x86-64 system calls (error results stay
 * negative errno values), strings, and memory that is never given back.
 */
#ifndef UKL_GUEST_SYS_H
#define UKL_GUEST_SYS_H

#include <asm/errno.h>
#include <asm/unistd_64.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <stddef.h>

static long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define SYSCALL_ARGS(nr, a, b, c, d, e, f, ...) \
	syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* sys(write, fd, text, length): missing arguments are zero. */
#define sys(name, ...) SYSCALL_ARGS(__NR_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* gcc may turn loops into calls of these two even in freestanding code. */
__attribute__((used)) void *memset(void *to, int byte, size_t count)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
	return start;
}

__attribute__((used)) void *memcpy(void *to, const void *from, size_t count)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	return start;
}

static size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

static int same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static int same_start(const char *text, const char *start)
{
	while (*start && *text == *start) {
		text++;
		start++;
	}
	return !*start;
}

/* Where `part` stands in a text first, or NULL. */
static char *find_text(const char *text, const char *part)
{
	for (; *text; text++)
		if (same_start(text, part))
			return (char *)text;
	return NULL;
}

/* Zeroed memory, or NULL. */
static void *allocate(size_t bytes)
{
	long address = sys(mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return address < 0 && address > -4096 ? NULL : (void *)address;
}

/* Writes everything; a device that takes no more (no such port, hung up) ends it. */
static void write_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		long written = sys(write, fd, bytes, count);

		if (written <= 0)
			return;
		bytes += written;
		count -= written;
	}
}

/* Text put together from words: a path, or a line that reaches a device in one write. Cut off at its end, with a NUL behind it. */
struct line {
	size_t length;
	char text[512];
};

static void add_text(struct line *line, const char *text)
{
	while (*text && line->length < sizeof(line->text) - 1)
		line->text[line->length++] = *text++;
	line->text[line->length] = '\0';
}

static void start_text(struct line *line, const char *text)
{
	line->length = 0;
	add_text(line, text);
}

static void add_number(struct line *line, unsigned int number)
{
	char digits[11];
	char *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do {
		*--first = '0' + number % 10;
		number /= 10;
	} while (number);
	add_text(line, first);
}

static void write_line(int fd, struct line *line)
{
	write_all(fd, line->text, line->length);
}

#endif
