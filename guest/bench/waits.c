// SPDX-License-Identifier: Apache-2.0
/* Waiting for many descriptors of which the last one is ready. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "subject.h"

#define MANY 100

static struct pollfd polled[MANY];
static int count, epoll;

static void make_pipes(int number)
{
	count = number;
	epoll = epoll_create1(0);
	check(epoll >= 0, "epoll_create1");
	for (int i = 0; i < count; i++) {
		int ends[2];
		struct epoll_event event = { .events = EPOLLIN };

		check(pipe(ends) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0, "pipe");
		polled[i] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
		check(i < count - 1 || write(ends[1], "", 1) == 1, "write");
	}
}

static void make_10(void)
{
	make_pipes(10);
}

static void make_100(void)
{
	make_pipes(MANY);
}

static void by_select(int round)
{
	fd_set ready;

	(void)round;
	FD_ZERO(&ready);
	for (int i = 0; i < count; i++)
		FD_SET(polled[i].fd, &ready);
	check(select(polled[count - 1].fd + 1, &ready, NULL, NULL, NULL) == 1, "select");
}

static void by_poll(int round)
{
	(void)round;
	check(poll(polled, (nfds_t)count, -1) == 1, "poll");
}

static void by_epoll(int round)
{
	struct epoll_event event;

	(void)round;
	check(epoll_wait(epoll, &event, 1, -1) == 1, "epoll_wait");
}

const struct subject wait_subjects[] = {
	{ .name = "select-10", .rounds = 100, .run = by_select, .prepare = make_10 },
	{ .name = "select-100", .rounds = 20, .run = by_select, .prepare = make_100 },
	{ .name = "poll-10", .rounds = 100, .run = by_poll, .prepare = make_10 },
	{ .name = "poll-100", .rounds = 20, .run = by_poll, .prepare = make_100 },
	{ .name = "epoll-10", .rounds = 100, .run = by_epoll, .prepare = make_10 },
	{ .name = "epoll-100", .rounds = 100, .run = by_epoll, .prepare = make_100 },
	{ 0 },
};
