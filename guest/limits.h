/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits on threads, as kernel/fork.c derives them from the machine's memory. It did so before it had the memory of the slot that the
 * program does not use, which is half of a small machine's.
 */
#ifndef UKL_GUEST_LIMITS_H
#define UKL_GUEST_LIMITS_H

#include <linux/resource.h>
#include <linux/sysinfo.h>

#include "parameters.h"

#define THREAD_SIZE 16384 /* a task's kernel stack, arch/x86/include/asm/page_64_types.h */

static void limit_threads(void)
{
	struct sysinfo memory;
	struct rlimit half;
	struct line text = { 0 };
	unsigned long threads;
	long fd;

	if (next_value("sysctl.kernel.threads-max=", NULL))
		return;
	sys(sysinfo, &memory);
	threads = memory.totalram * memory.mem_unit / (8 * THREAD_SIZE);
	add_number(&text, threads);
	fd = sys(openat, proc_dir, "sys/kernel/threads-max", O_WRONLY | O_CLOEXEC);
	write_line(fd, &text);
	sys(close, fd);

	half.rlim_cur = half.rlim_max = threads / 2;
	sys(setrlimit, RLIMIT_NPROC, &half);
	sys(setrlimit, RLIMIT_SIGPENDING, &half);
}

#endif
