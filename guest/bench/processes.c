// SPDX-License-Identifier: Apache-2.0
/* Processes: a machine with one cpu executes the instructions of parent and child one after the other, and both count. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subject.h"

#define MEMORY (20 << 20)

static char memory[MEMORY];
static int there[2], back[2];
static pid_t partner;

static void await(pid_t child)
{
	int status;

	check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "child");
}

static void fork_and_wait(int round)
{
	pid_t child = fork();

	(void)round;
	if (child == 0)
		_exit(0);
	await(child);
}

static void fill_memory(void)
{
	memset(memory, 1, MEMORY);
}

static void exec_and_wait(int round)
{
	pid_t child = vfork();

	(void)round;
	if (child == 0) {
		execl(own_path, own_path, NOTHING_TO_DO, (char *)NULL);
		_exit(127);
	}
	await(child);
}

/* A partner that answers every byte with one. */
static void start_partner(void)
{
	char byte;

	check(pipe(there) == 0 && pipe(back) == 0, "pipe");
	partner = fork();
	check(partner >= 0, "fork");
	if (partner != 0) {
		close(there[0]);
		close(back[1]);
		return;
	}
	/* Only the other end must hold the pipe open: the partner ends with it. */
	close(there[1]);
	while (read(there[0], &byte, 1) == 1)
		check(write(back[1], &byte, 1) == 1, "partner");
	_exit(0);
}

static void there_and_back(int round)
{
	char byte = (char)round;

	check(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "partner");
}

const struct subject process_subjects[] = {
	{ .name = "switch-pipe", .rounds = 50, .run = there_and_back, .prepare = start_partner },
	{ .name = "fork", .rounds = 40, .run = fork_and_wait },
	{ .name = "fork-20mb", .rounds = 3, .run = fork_and_wait, .prepare = fill_memory },
	{ .name = "exec", .rounds = 20, .run = exec_and_wait },
	{ 0 },
};
