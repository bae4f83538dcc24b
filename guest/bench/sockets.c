// SPDX-License-Identifier: Apache-2.0
/* A connected TCP socket over the loopback device. What is sent arrives before send() returns: its cost is that of both ends' TCP. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "subject.h"

#define ROUNDS 50
#define LARGE 8192

static int ends[2];
static char buffer[LARGE];

static void start_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int any = socket(AF_INET, SOCK_DGRAM, 0);

	check(any >= 0 && ioctl(any, SIOCSIFFLAGS, &request) == 0, "lo");
	close(any);
}

static void connect_ends(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, room = 4 * ROUNDS * LARGE;

	start_loopback();
	check(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) == 0, "SO_RCVBUF");
	check(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0, "listen");
	check(getsockname(listener, (struct sockaddr *)&address, &size) == 0, "getsockname");
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	check(connect(ends[0], (struct sockaddr *)&address, size) == 0, "connect");
	ends[1] = accept(listener, NULL, NULL);
	check(ends[1] >= 0 && setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0, "accept");
}

static void drain(void)
{
	while (recv(ends[1], buffer, LARGE, MSG_DONTWAIT) > 0)
		;
}

static void send_1(int round)
{
	char byte = (char)round;

	check(send(ends[0], &byte, 1, 0) == 1, "send");
}

static void send_8k(int round)
{
	char large[LARGE];

	large[0] = (char)round;
	check(send(ends[0], large, LARGE, 0) == LARGE, "send");
}

static void recv_1(int round)
{
	char byte;

	(void)round;
	check(recv(ends[1], &byte, 1, 0) == 1, "recv");
}

static void recv_8k(int round)
{
	char large[LARGE];

	(void)round;
	check(recv(ends[1], large, LARGE, MSG_WAITALL) == LARGE, "recv");
}

/* In one piece, so that a round takes a byte out of it and no more. */
static void fill_small(void)
{
	check(send(ends[0], buffer, ROUNDS, 0) == ROUNDS, "send");
}

static void fill_large(void)
{
	for (int i = 0; i < ROUNDS; i++)
		send_8k(i);
}

const struct subject socket_subjects[] = {
	{ .name = "send-1", .rounds = ROUNDS, .run = send_1, .prepare = connect_ends, .after = drain },
	{ .name = "recv-1", .rounds = ROUNDS, .run = recv_1, .prepare = connect_ends, .before = fill_small },
	{ .name = "send-8k", .rounds = ROUNDS, .run = send_8k, .prepare = connect_ends, .after = drain },
	{ .name = "recv-8k", .rounds = ROUNDS, .run = recv_8k, .prepare = connect_ends, .before = fill_large },
	{ 0 },
};
