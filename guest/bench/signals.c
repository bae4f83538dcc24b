// SPDX-License-Identifier: Apache-2.0
/* Signals: asked for, and as the answer to a fault. */
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "subject.h"

static volatile sig_atomic_t handled;
static char *forbidden;

static void count(int signal)
{
	(void)signal;
	handled++;
}

/* Bytes of the instruction in read_forbidden(). */
#define LENGTH 2

static void skip_instruction(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	handled++;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += LENGTH;
}

static void take_signal(void)
{
	struct sigaction action = { .sa_handler = count };

	check(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
}

static void take_fault(void)
{
	struct sigaction action = { .sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO };

	forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(forbidden != MAP_FAILED && sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
}

static void forget(void)
{
	handled = 0;
}

static void expect_50(void)
{
	check(handled == 50, "signals");
}

static void raise_signal(int round)
{
	(void)round;
	raise(SIGUSR1);
}

static void read_forbidden(int round)
{
	(void)round;
	__asm__ volatile("movb (%%rdi), %%al" : : "D"(forbidden) : "rax", "memory");
}

const struct subject signal_subjects[] = {
	{ .name = "signal", .rounds = 50, .run = raise_signal, .prepare = take_signal, .before = forget, .after = expect_50 },
	{ .name = "fault-signal", .rounds = 50, .run = read_forbidden, .prepare = take_fault, .before = forget, .after = expect_50 },
	{ 0 },
};
