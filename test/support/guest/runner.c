// SPDX-License-Identifier: Apache-2.0
/*
 * The first process of a machine that runs the differential suite: starts every program of /suite/plan, one after
 * the other, and reports what it wrote and how it ended on the second serial port, then switches the machine off.
 *
 * Plan: NUL-terminated strings; per run: id, path, seconds, number of arguments, arguments (argv[0] first), number of
 * environment strings, these, text for its standard input.
 * Report: "run TAB id TAB end TAB milliseconds TAB bytes NEWLINE", the bytes (standard output and error), NEWLINE;
 * after the last run "done TAB TAB TAB TAB 0 NEWLINE NEWLINE".
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_OUTPUT (1 << 20)
/* How long output may still come from what a program left running. */
#define GRACE_MS 300

static char *plan, *planEnd;
static int report, kernelLog, children;
static char output[MAX_OUTPUT];

static void die(const char *what)
{
	dprintf(kernelLog > 0 ? kernelLog : 2, "suite: %s: %s\n", what, strerror(errno));
	reboot(RB_POWER_OFF);
	_exit(1);
}

static char *field(void)
{
	char *value = plan;

	plan += strlen(plan) + 1;
	return value;
}

static char **fields(void)
{
	int count = atoi(field());
	char **list = calloc((size_t)count + 1, sizeof(char *));

	for (int i = 0; i < count; i++)
		list[i] = field();
	return list;
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void writeAll(int file, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(file, bytes, size);
		if (written < 0 && errno != EINTR)
			die("report");
		if (written > 0)
			bytes += written, size -= (size_t)written;
	}
}

static void mounts(void)
{
	static const char *const all[][3] = {
		{"/proc", "proc", ""},	      {"/sys", "sysfs", ""},	    {"/dev", "devtmpfs", ""},
		{"/tmp", "tmpfs", ""},	      {"/dev/pts", "devpts", ""},   {"/dev/shm", "tmpfs", ""},
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		mkdir(all[i][0], 0755);
		if (mount(all[i][1], all[i][0], all[i][1], 0, all[i][2]) != 0 && errno != EBUSY)
			die(all[i][0]);
	}
}

/* As /init does it (guest/limits.h). */
static void limitThreads(void)
{
	struct sysinfo memory;
	int file = open("/proc/sys/kernel/threads-max", O_WRONLY | O_CLOEXEC);

	if (sysinfo(&memory) != 0 || dprintf(file, "%lu", memory.totalram * memory.mem_unit >> 17) < 0)
		die("threads-max");
	close(file);
}

static void loopbackUp(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int file = socket(AF_INET, SOCK_DGRAM, 0);

	if (file < 0 || ioctl(file, SIOCGIFFLAGS, &request) != 0)
		die("lo");
	request.ifr_flags |= IFF_UP;
	if (ioctl(file, SIOCSIFFLAGS, &request) != 0)
		die("lo");
	close(file);
}

static void loadPlan(void)
{
	struct stat status;
	int file = open("/suite/plan", O_RDONLY);

	if (file < 0 || fstat(file, &status) != 0)
		die("/suite/plan");
	plan = calloc(1, (size_t)status.st_size + 1);
	planEnd = plan + status.st_size;
	if (read(file, plan, (size_t)status.st_size) != status.st_size)
		die("/suite/plan");
	close(file);
}

static pid_t start(const char *path, char **arguments, char **environment, int input, int out)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	if (chdir("/tmp") != 0 || dup2(input, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	/* Everything else was opened with O_CLOEXEC. */
	execve(path, arguments, environment);
	dprintf(2, "exec %s: %s\n", path, strerror(errno));
	_exit(127);
}

/* Collects the output until its last writer is gone, or GRACE_MS after the child's end, or until the time is up. */
static size_t collect(int file, pid_t child, long limit, int *status, int *ended)
{
	size_t size = 0;
	struct signalfd_siginfo dropped;

	for (int open = 1; open || !*ended;) {
		struct pollfd files[2] = {{.fd = children, .events = POLLIN}, {.fd = open ? file : -1, .events = POLLIN}};
		long left = limit - milliseconds();

		if (left <= 0 || poll(files, 2, (int)left) == 0)
			break;
		if (files[0].revents)
			(void)!read(children, &dropped, sizeof(dropped));
		if (!*ended && waitpid(child, status, WNOHANG) == child) {
			*ended = 1;
			limit = milliseconds() + GRACE_MS;
		}
		if (files[1].revents) {
			char excess[4096];
			int full = size == MAX_OUTPUT;
			ssize_t got = read(file, full ? excess : output + size, full ? sizeof(excess) : MAX_OUTPUT - size);
			if (got <= 0)
				open = 0;
			else if (!full)
				size += (size_t)got;
		}
	}
	return size;
}

static void run(void)
{
	const char *id = field(), *path = field();
	long seconds = atol(field());
	char **arguments = fields(), **environment = fields();
	const char *text = field();
	int in[2], out[2], status = 0, ended = 0;
	char end[32];

	dprintf(kernelLog, "suite: %s\n", id);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		die("pipe");
	writeAll(in[1], text, strlen(text));
	close(in[1]);
	long begin = milliseconds();
	pid_t child = start(path, arguments, environment, in[0], out[1]);
	if (child < 0)
		die("fork");
	close(in[0]), close(out[1]);
	size_t size = collect(out[0], child, begin + seconds * 1000, &status, &ended);
	long took = milliseconds() - begin;
	/* Nothing but this process and the kernel's own threads may live on. */
	kill(-1, SIGKILL);
	if (!ended && waitpid(child, &status, 0) == child)
		snprintf(end, sizeof(end), "timeout");
	else if (WIFEXITED(status))
		snprintf(end, sizeof(end), "exit %d", WEXITSTATUS(status));
	else
		snprintf(end, sizeof(end), "signal %d", WTERMSIG(status));
	while (waitpid(-1, NULL, 0) > 0)
		;
	close(out[0]);
	dprintf(report, "run\t%s\t%s\t%ld\t%zu\n", id, end, took, size);
	writeAll(report, output, size);
	writeAll(report, "\n", 1);
	free(arguments), free(environment);
}

int main(void)
{
	struct termios raw;
	sigset_t mask;

	mounts();
	limitThreads();
	kernelLog = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	report = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (report < 0 || tcgetattr(report, &raw) != 0)
		die("/dev/ttyS1");
	cfmakeraw(&raw);
	if (tcsetattr(report, TCSANOW, &raw) != 0)
		die("/dev/ttyS1");
	loopbackUp();
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	children = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (children < 0)
		die("signalfd");
	loadPlan();
	while (plan < planEnd)
		run();
	dprintf(report, "done\t\t\t\t0\n\n");
	tcdrain(report);
	reboot(RB_POWER_OFF);
	die("power off");
}
