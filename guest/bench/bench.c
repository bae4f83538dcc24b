// SPDX-License-Identifier: Apache-2.0
/*
 * The program of `ukl-link bench guest`: what things cost a process, in instructions. The same object is linked for the kernel's slot
 * (/program) and as an ordinary executable (/ring3).
 *
 * Without arguments it starts itself once for every subject in every ring. With the names of a ring and a subject it measures, and writes one line:
 * ring TAB subject TAB instructions of a sample, all of its rounds TAB rounds TAB instructions of the next sample ...
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subject.h"

#define SAMPLES 15

static const struct {
	const char *name;
	const char *path;
} rings[] = { { "ring3", "/ring3" }, { "ring0", "/program" } };

const char *own_path;
extern char **environ;

static const struct subject *const groups[] = { clock_subjects, call_subjects, file_subjects, socket_subjects,
						wait_subjects, memory_subjects,
						process_subjects, thread_subjects, signal_subjects };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void check(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	_exit(1);
}

/* Whether the program at this path ran to its end and returned 0. */
static void start(const char *path, const char *ring, const char *subject)
{
	char *const words[] = { (char *)path, (char *)ring, (char *)subject, NULL };
	pid_t child;
	int status;

	check(posix_spawn(&child, path, NULL, NULL, words, environ) == 0, path);
	check(waitpid(child, &status, 0) == child, "waitpid");
	if (status == 0)
		return;
	fprintf(stderr, "%s %s ended with status %d\n", ring, subject, status);
	exit(1);
}

/* One sample: all rounds between two looks at the counter. */
static uint64_t sample(const struct subject *subject)
{
	uint64_t begin, end;

	if (subject->before)
		subject->before();
	begin = instructions();
	for (int round = 0; round < subject->rounds; round++)
		subject->run(round);
	end = instructions();
	if (subject->after)
		subject->after();
	return end - begin;
}

static void measure(const char *ring, const struct subject *subject)
{
	uint64_t samples[SAMPLES];

	if (subject->prepare)
		subject->prepare();
	/* The first two touch memory, fill the allocators' lists, and do not count. */
	sample(subject);
	sample(subject);
	for (int i = 0; i < SAMPLES; i++)
		samples[i] = sample(subject);
	printf("%s\t%s\t%d", ring, subject->name, subject->rounds);
	for (int i = 0; i < SAMPLES; i++)
		printf("\t%llu", (unsigned long long)samples[i]);
	printf("\n");
}

static const struct subject *find(const char *name)
{
	for (unsigned int i = 0; i < COUNT(groups); i++)
		for (const struct subject *one = groups[i]; one->name; one++)
			if (strcmp(one->name, name) == 0)
				return one;
	fprintf(stderr, "no subject %s\n", name);
	exit(1);
}

int main(int argc, char **argv)
{
	own_path = argv[0];
	if (argc == 2 && strcmp(argv[1], NOTHING_TO_DO) == 0)
		return 0;
	if (argc == 3) {
		measure(argv[1], find(argv[2]));
		return 0;
	}
	for (unsigned int i = 0; i < COUNT(groups); i++)
		for (const struct subject *one = groups[i]; one->name; one++)
			for (unsigned int ring = 0; ring < COUNT(rings); ring++)
				start(rings[ring].path, rings[ring].name, one->name);
	return 0;
}
