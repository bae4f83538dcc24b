// SPDX-License-Identifier: Apache-2.0
/* The measure itself, and the time. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "subject.h"

static void nothing(int round)
{
	(void)round;
}

/* 1,000 instructions: `nop`, `mov`, and 499 times `dec` and `jnz`. */
static void loop_of_1000(int round)
{
	long left;

	(void)round;
	__asm__ volatile("nop\n"
			 "\tmov $499, %0\n"
			 "1:\tdec %0\n"
			 "\tjnz 1b"
			 : "=r"(left)
			 :
			 : "cc");
}

static void by_vdso(int round)
{
	struct timespec now;

	(void)round;
	clock_gettime(CLOCK_MONOTONIC, &now);
}

static void by_system_call(int round)
{
	struct timespec now;

	(void)round;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
}

const struct subject clock_subjects[] = {
	{ .name = "nothing", .rounds = 200, .run = nothing },
	{ .name = "loop", .rounds = 200, .run = loop_of_1000 },
	{ .name = "clock_gettime", .rounds = 200, .run = by_vdso },
	{ .name = "clock_gettime-call", .rounds = 200, .run = by_system_call },
	{ 0 },
};
