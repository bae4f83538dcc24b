// SPDX-License-Identifier: Apache-2.0
/* A small service in ring 0: keeps records on its disk, looks names up, ends when it is told to. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <resolv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RECORDS "/data/records"
enum { RECORD_SIZE = 512 };

static void make_record(char record[RECORD_SIZE + 1], int number)
{
	memset(record, 'a' + number % 26, RECORD_SIZE);
	record[snprintf(record, 32, "%d ", number)] = '.';
	record[RECORD_SIZE - 1] = '\n';
	record[RECORD_SIZE] = '\0';
}

/* How many whole records the file holds, one behind the other; ends the program at one that is not what was written. */
static int count_records(int fd)
{
	char expected[RECORD_SIZE + 1], found[RECORD_SIZE];
	int count = 0;

	while (pread(fd, found, RECORD_SIZE, (off_t)count * RECORD_SIZE) == RECORD_SIZE) {
		make_record(expected, count + 1);
		if (memcmp(found, expected, RECORD_SIZE)) {
			printf("record %d is damaged\n", count + 1);
			exit(1);
		}
		count++;
	}
	return count;
}

/* Says what is there, then adds records for ever: each is acknowledged when the disk has it, every other way there is. */
static int add_records(int more)
{
	int fd = open(RECORDS, O_RDWR | O_CREAT, 0644), direct = open(RECORDS, O_WRONLY | O_DSYNC);
	int count = count_records(fd);

	printf("have %d\n", count);
	while (more--) {
		char record[RECORD_SIZE + 1];
		off_t at = (off_t)count * RECORD_SIZE;

		make_record(record, ++count);
		if (pwrite(count % 2 ? fd : direct, record, RECORD_SIZE, at) != RECORD_SIZE || (count % 2 && fdatasync(fd)))
			return errno;
		printf("ack %d\n", count);
	}
	return 0;
}

static volatile sig_atomic_t asked;

static void on_signal(int number)
{
	asked = number;
}

/* Ends only when it is asked to, with what it leaves to be written by the system. */
static int serve(void)
{
	int fd = open("/data/last-words", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	signal(SIGTERM, on_signal);
	printf("serving\n");
	while (!asked)
		pause();
	dprintf(fd, "ended by signal %d\n", asked);
	return 7;
}

static _Noreturn void wait_for_ever(void)
{
	printf("serving\n");
	for (;;)
		pause();
}

static _Noreturn void ignore(void)
{
	signal(SIGTERM, SIG_IGN);
	wait_for_ever();
}

static void show_file(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t count;

	printf("%s: ", path);
	if (fd < 0)
		printf("%s\n", strerror(errno));
	while ((count = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, count, stdout);
	close(fd);
}

static void resolve(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *one;
	int error = getaddrinfo(name, NULL, &hints, &list);

	printf("%s:%s", name, error ? " " : "");
	if (error)
		printf("%s", gai_strerror(error));
	for (one = error ? NULL : list; one; one = one->ai_next) {
		char text[64] = "";

		getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
		printf(" %s", text);
	}
	printf("\n");
}

/* Names from files, then from a name server at another port than every name server has. */
static int names(const char *port, char **list)
{
	char own[65];

	gethostname(own, sizeof(own));
	res_init();
	if (port[0] != '0') {
		_res.nscount = 1;
		_res.nsaddr_list[0] = (struct sockaddr_in){ AF_INET, htons(atoi(port)), { inet_addr("10.0.2.2") }, { 0 } };
	}
	resolve(own);
	while (*list)
		resolve(*list++);
	return 0;
}

static int show_disk(void)
{
	struct statvfs disk;
	int fd = open("/data/probe", O_WRONLY | O_CREAT, 0644);

	printf("write: %s\n", fd < 0 ? strerror(errno) : "done");
	if (statvfs("/data", &disk))
		return errno;
	printf("MiB: %lu\n", disk.f_blocks * disk.f_frsize >> 20);
	return 0;
}

/* A file that is still mapped, and a child that still writes, when the program ends. */
static int end_busy(void)
{
	int fd = open("/data/busy", O_RDWR | O_CREAT, 0644);
	char *map;

	if (ftruncate(fd, 1 << 20))
		return errno;
	map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memset(map, 'x', 1 << 20);
	if (fork() == 0) {
		setsid();
		if (chdir("/data"))
			_exit(1);
		for (unsigned long i = 0;; i++)
			dprintf(open("growing", O_WRONLY | O_CREAT | O_APPEND, 0644), "%lu\n", i);
	}
	while (access("/data/growing", F_OK))
		usleep(1000);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(what, "records"))
		return add_records(argc > 2 ? atoi(argv[2]) : -1);
	if (!strcmp(what, "serve"))
		return serve();
	if (!strcmp(what, "wait"))
		wait_for_ever();
	if (!strcmp(what, "ignore"))
		ignore();
	if (!strcmp(what, "disk"))
		return show_disk();
	if (!strcmp(what, "busy"))
		return end_busy();
	if (!strcmp(what, "show")) {
		for (char **path = argv + 2; *path; path++)
			show_file(*path);
		return 0;
	}
	if (!strcmp(what, "names"))
		return names(argv[2], argv + 3);
	printf("unknown: %s\n", what);
	return 99;
}
