// SPDX-License-Identifier: Apache-2.0
/* Threads: made and joined, and two that take turns. */
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "subject.h"

static void *return_at_once(void *argument)
{
	return argument;
}

static void create_and_join(int round)
{
	pthread_t thread;

	(void)round;
	check(pthread_create(&thread, NULL, return_at_once, NULL) == 0 && pthread_join(thread, NULL) == 0, "thread");
}

/* Whose turn it is. */
static int turn;

/* Lets the other one go on, and waits until it has done the same. */
static void pass_to(int other)
{
	__atomic_store_n(&turn, other, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) == other)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, other, NULL, NULL, 0);
}

static void *take_turns(void *argument)
{
	for (;;)
		pass_to(0);
	return argument;
}

static void start_thread(void)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, take_turns, NULL) == 0, "thread");
}

static void pass_and_wait(int round)
{
	(void)round;
	pass_to(1);
}

const struct subject thread_subjects[] = {
	{ .name = "switch-futex", .rounds = 50, .run = pass_and_wait, .prepare = start_thread },
	{ .name = "thread", .rounds = 200, .run = create_and_join },
	{ 0 },
};
