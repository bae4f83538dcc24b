// SPDX-License-Identifier: Apache-2.0
/* An ordinary ring-3 program that stands where the trigger stands, to ask /init for what it promises. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

static void show_file(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t count;

	while ((count = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, count, stdout);
	close(fd);
}

/* As kernel/fork.c has them in a machine whose memory was there from the start. */
static void show_thread_limits(void)
{
	FILE *file = fopen("/proc/sys/kernel/threads-max", "r");
	struct rlimit processes;
	struct sysinfo memory;
	long threads = 0;

	sysinfo(&memory);
	getrlimit(RLIMIT_NPROC, &processes);
	if (!file || fscanf(file, "%ld", &threads) != 1)
		printf("no threads-max\n");
	printf("threads %s, processes %s\n",
	       threads == (long)(memory.totalram * memory.mem_unit >> 17) ? "by the memory" : "by something else",
	       (long)processes.rlim_cur == threads / 2 ? "half of them" : "by something else");
}

static void show_world(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int ignored = 0, tty = open("/dev/tty", O_RDWR), s = socket(AF_INET, SOCK_DGRAM, 0);
	char text[256] = "";
	sigset_t blocked;

	printf("pid %d pgrp %d foreground %d\n", getpid(), getpgrp(), tcgetpgrp(1));
	printf("tty %d%d%d /dev/tty %s\n", isatty(0), isatty(1), isatty(2),
	       tty >= 0 ? "yes" : "no");
	ioctl(s, SIOCGIFFLAGS, &request);
	printf("lo %s\n", request.ifr_flags & IFF_UP ? "up" : "down");
	gethostname(text, sizeof(text));
	printf("host %s\n", text);
	printf("cwd %s\n", getcwd(text, sizeof(text)));
	for (int i = 1; i < NSIG; i++) {
		struct sigaction action;

		ignored += sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
	}
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	printf("signals %d ignored, %s blocked\n", ignored, sigisemptyset(&blocked) ? "none" : "some");
	for (int fd = 0; fd < 64; fd++)
		if (fd > 2 && fd != s && fd != tty && fcntl(fd, F_GETFD) >= 0)
			printf("leaked fd %d\n", fd);
	printf("cpus %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	show_thread_limits();
	show_file("/proc/self/mounts");
	printf("own /proc: %s\n", access("/proc/1/exe", F_OK) == 0 ? "yes" : "no");
}

static void fill_console(int lines)
{
	for (int i = 0; i < lines; i++)
		printf("line %d of a long output, written faster than a serial port can send it\n", i);
}

static void orphans(void)
{
	for (int i = 0; i < 20; i++) {
		if (fork() == 0) {
			if (fork() == 0) {
				signal(SIGHUP, SIG_IGN);
				signal(SIGTERM, SIG_IGN);
				for (;;)
					pause();
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 20; i++)
		wait(NULL);
	puts("orphans left behind");
}

static int serve(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7000) };
	int peer, s = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(s, (void *)&address, sizeof(address)) || listen(s, 1))
		return errno;
	printf("listening\n");
	fflush(stdout);
	peer = accept(s, NULL, NULL);
	write(peer, "from the guest", 14);
	return peer < 0 ? errno : 0;
}

static void ask_name(void)
{
	char name[64] = "";

	printf("name? ");
	fflush(stdout);
	fgets(name, sizeof(name), stdin);
	printf("hello %s", name);
}

/* Lets the input pile up before it reads. */
static void sum_input(void)
{
	unsigned long count = 0, sum = 0;
	int byte;

	sleep(1);
	while ((byte = getchar()) != EOF) {
		count++;
		sum = (sum * 31 + byte) % 1000003;
	}
	printf("%lu bytes, sum %lu\n", count, sum);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "args")) {
		for (int i = 0; i < argc; i++)
			printf("argv[%d] = %s\n", i, argv[i]);
		for (char **at = environ; *at; at++)
			printf("env %s\n", *at);
	} else if (!strcmp(what, "world")) {
		show_world();
	} else if (!strcmp(what, "exit")) {
		return atoi(argv[2]);
	} else if (!strcmp(what, "fault")) {
		*(volatile int *)0 = 0;
	} else if (!strcmp(what, "fill")) {
		setvbuf(stdout, NULL, _IOFBF, 1 << 16);
		fill_console(2000);
		printf("the last word");
	} else if (!strcmp(what, "stop")) {
		fill_console(10);
		tcflow(1, TCOOFF);
		signal(SIGTTOU, SIG_IGN);
	} else if (!strcmp(what, "orphans")) {
		orphans();
	} else if (!strcmp(what, "power-off")) {
		reboot(RB_POWER_OFF);
	} else if (!strcmp(what, "restart")) {
		if (fork() == 0)
			reboot(RB_AUTOBOOT);
		for (;;)
			pause();
	} else if (!strcmp(what, "serve")) {
		return serve();
	} else if (!strcmp(what, "ask")) {
		ask_name();
	} else if (!strcmp(what, "sum")) {
		sum_input();
	} else if (!strcmp(what, "cat")) {
		char text[256];
		ssize_t count;

		while ((count = read(0, text, sizeof(text))) > 0)
			write(1, text, count);
	} else {
		printf("unknown: %s\n", what);
		return 99;
	}
	return 0;
}
