/* What a debugger is tried on: without arguments it ends at once, `loop` never ends, `core` prints a core file of its child. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int counter = 40;

static void ask(void)
{
	counter += 1;
	getppid();
	counter += 1;
}

static void fall(int depth)
{
	if (depth == 3)
		abort();
	fall(depth + 1);
	counter++;
}

static int core(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	char buffer[65536];
	int fd, status;
	ssize_t got;

	if (chdir("/tmp") != 0 || setrlimit(RLIMIT_CORE, &all) != 0)
		return 2;
	if (fork() == 0)
		fall(0);
	wait(&status);
	fd = open("core", O_RDONLY);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(1, buffer, got) != got)
			return 3;
	return fd >= 0 && WCOREDUMP(status) ? 0 : 4;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "core") == 0)
		return core();
	if (argc > 1 && strcmp(argv[1], "loop") == 0) {
		puts("looping");
		fflush(stdout);
		for (;;)
			ask();
	}
	ask();
	printf("counter %d\n", counter);
	return 3;
}
