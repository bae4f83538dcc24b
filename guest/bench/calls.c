// SPDX-License-Identifier: Apache-2.0
/* System calls that do next to nothing: what remains is the way into the kernel and back. */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "subject.h"

static int ends[2];

static void call_getppid(int round)
{
	(void)round;
	getppid();
}

/* The jump's target is the instruction itself: with nothing in front of it that could be moved, the site stays as it is. */
static void call_getppid_native(int round)
{
	long result;

	(void)round;
	__asm__ volatile("jmp 1f\n"
			 "1:\tsyscall"
			 : "=a"(result)
			 : "0"(SYS_getppid)
			 : "rcx", "r11", "memory");
}

static void make_pipe(void)
{
	check(pipe(ends) == 0, "pipe");
}

static void write_and_read(int round)
{
	char byte = (char)round;

	check(write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1, "pipe");
}

static void open_and_close(int round)
{
	int file = open("/dev/null", O_RDONLY);

	(void)round;
	check(file >= 0 && close(file) == 0, "/dev/null");
}

const struct subject call_subjects[] = {
	{ .name = "getppid", .rounds = 200, .run = call_getppid },
	{ .name = "getppid-native", .rounds = 200, .run = call_getppid_native },
	{ .name = "pipe", .rounds = 100, .run = write_and_read, .prepare = make_pipe },
	{ .name = "open", .rounds = 1000, .run = open_and_close },
	{ 0 },
};
