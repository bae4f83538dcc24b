/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the program's standard input comes from. Somebody who types does so on the console. A file or a pipe
 * on the host arrives by a virtio port, which has what a serial line lacks: flow control and an end.
 */
#ifndef UKL_GUEST_INPUT_H
#define UKL_GUEST_INPUT_H

#include <asm/poll.h>

#include "ending.h"
#include "ports.h"

#define INPUT_PORT "ukl.input" /* the name that src/run/command.ts gives it */

/* The port, as soon as the driver has heard of its name and that the host has connected. */
static long try_input_port(void)
{
	struct { int fd; short events, happened; } wait = { .events = POLLIN };
	long fd = open_port(INPUT_PORT, O_RDONLY);

	if (fd < 0)
		return fd;
	wait.fd = fd;
	sys(poll, &wait, 1, 0);
	if (!(wait.happened & POLLHUP))
		return fd;
	sys(close, fd);
	return -ENODEV;
}

static long open_input(void)
{
	enum { TRIES = 1000 };
	struct { long seconds, nanoseconds; } pause = { 0, 10 * 1000 * 1000 };
	struct bytes wish = read_file("/.ukl/run-stdin");
	long fd = -ENODEV;

	if (wish.count == 0)
		return console;
	if (same_text(wish.start, "null"))
		return sys(open, "/dev/null", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < TRIES && fd < 0; i++) {
		if (i > 0)
			sys(nanosleep, &pause, NULL);
		fd = try_input_port();
	}
	if (fd < 0)
		fail("input port", fd);
	return fd;
}

#endif
