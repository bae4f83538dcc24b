/*
 * Every allocation of the kernel in fork, exec, clone, mmap and a page fault fails once: the first in the first round, the second in the second ... until a
 * round gets through without reaching its number (fault injection, /proc/self/fail-nth). Each round must end in success or an error, and
 * afterwards everything must work as before. Whether the kernel survived in order is seen on its console.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 2000
#define NOT_REACHED 42
#define PAGE 4096

static char data[64 * PAGE] = "initialized";
static char bss[64 * PAGE];

static void check(int ok, const char *what)
{
	if (ok)
		return;
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void set(const char *path, const char *value)
{
	int file = open(path, O_WRONLY);

	check(file >= 0 && write(file, value, strlen(value)) == (ssize_t)strlen(value), path);
	close(file);
}

static int fail_nth(void)
{
	int file = open("/proc/self/fail-nth", O_RDWR);

	check(file >= 0, "/proc/self/fail-nth");
	return file;
}

/* What is left to count after the n-th; 0 if it has failed. Nothing fails from here on. */
static int disarm(int file)
{
	char text[16] = "";

	check(pread(file, text, sizeof(text) - 1, 0) > 0 && pwrite(file, "0", 1, 0) == 1, "disarm");
	return atoi(text);
}

static int status_of(pid_t child)
{
	int status;

	check(waitpid(child, &status, 0) == child, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What is tried with a failing allocation; in a process of its own. */
static void do_fork(char **argv)
{
	pid_t child = fork();

	(void)argv;
	if (child == 0) {
		data[PAGE] = bss[PAGE] = 1;
		_exit(0);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
}

static void do_exec(char **argv)
{
	execl("/proc/self/exe", argv[0], "left", (char *)NULL);
}

static void *nothing(void *argument)
{
	return argument;
}

static void do_thread(char **argv)
{
	pthread_t thread;

	(void)argv;
	if (pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_join(thread, NULL);
}

/* Data and .bss are split into many areas, given back and touched again. */
static void do_protect(char **argv)
{
	char *page = data + (-(unsigned long)data & (PAGE - 1));
	char *empty = bss + (-(unsigned long)bss & (PAGE - 1));

	(void)argv;
	for (int i = 1; i < 60; i += 20) {
		if (mprotect(page + i * PAGE, PAGE, PROT_READ) == 0)
			mprotect(page + i * PAGE, PAGE, PROT_READ | PROT_WRITE);
		madvise(empty + i * PAGE, PAGE, MADV_DONTNEED);
		empty[i * PAGE] = page[i * PAGE] = 1;
	}
}

/* Rounds until one gets through; how many of them had a failure that was noticed is nobody's promise. */
static void rounds(const char *name, void (*what)(char **argv), char **argv)
{
	for (int n = 1; n <= ROUNDS; n++) {
		pid_t child = fork();
		char text[16];
		int file;

		check(child >= 0, "fork");
		if (child == 0) {
			file = fail_nth();
			snprintf(text, sizeof(text), "%d", n);
			if (pwrite(file, text, strlen(text), 0) < 0)
				_exit(1);
			what(argv);
			_exit(disarm(file) ? NOT_REACHED : 0);
		}
		if (status_of(child) != NOT_REACHED)
			continue;
		printf("%s: %s\n", name, n > 5 ? "each allocation has failed once" : "hardly any allocation was reached");
		return;
	}
	printf("%s: never got through\n", name);
}

int main(int argc, char **argv)
{
	/* After the exec of a round. */
	if (argc == 2 && strcmp(argv[1], "left") == 0)
		return disarm(fail_nth()) ? NOT_REACHED : 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	mkdir("/debug", 0755);
	check(mount("debugfs", "/debug", "debugfs", 0, NULL) == 0, "mount");
	set("/debug/failslab/ignore-gfp-wait", "N");
	set("/debug/failslab/verbose", "0");
	set("/debug/fail_page_alloc/ignore-gfp-wait", "N");
	set("/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	set("/debug/fail_page_alloc/min-order", "0");
	set("/debug/fail_page_alloc/verbose", "0");

	rounds("fork", do_fork, argv);
	rounds("exec", do_exec, argv);
	rounds("thread", do_thread, argv);
	rounds("protect", do_protect, argv);

	do_fork(argv);
	do_thread(argv);
	do_exec(argv);
	return 1;
}
