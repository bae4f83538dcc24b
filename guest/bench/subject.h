/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UKL_BENCH_SUBJECT_H
#define UKL_BENCH_SUBJECT_H

#include <stdint.h>

/* Something whose cost is measured. A list of them ends with one that has no name. */
struct subject {
	const char *name;
	/*
	 * How often `run` is called for a sample, with the number of the call. What leaves work to RCU (files, processes, threads) needs
	 * samples of several million instructions, so that each has its share of it: the timer's interrupt, which does that work, comes
	 * every 4 million.
	 */
	int rounds;
	void (*run)(int round);
	/* Once, before everything. */
	void (*prepare)(void);
	/* Around every sample, not counted. */
	void (*before)(void);
	void (*after)(void);
};

extern const struct subject clock_subjects[], call_subjects[], file_subjects[], socket_subjects[], wait_subjects[], memory_subjects[], process_subjects[],
	thread_subjects[], signal_subjects[];

/* What this program was started as, to be started again, and the argument with which it returns at once. */
extern const char *own_path;
#define NOTHING_TO_DO "nothing"

/* Ends the program, with errno's text, unless `ok`. */
void check(int ok, const char *what);

/* Instructions that the machine has executed: QEMU's -icount makes the time stamp counter that. */
static inline uint64_t instructions(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#endif
