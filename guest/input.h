/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the program's standard input comes from. Somebody who types does so on the console. A file or a pipe
 * on the host arrives by a virtio port, which has what a serial line lacks: flow control and an end.
 */
#ifndef UKL_GUEST_INPUT_H
#define UKL_GUEST_INPUT_H

#include <asm/poll.h>

#include "ending.h"

#define INPUT_PORT "ukl.input" /* the name that src/run/command.ts gives it */

/* A path with the number of a virtio device in it; the port is its device's first. */
static const char *port_path(struct line *path, const char *before, int device, const char *after)
{
	path->length = 0;
	add_text(path, before);
	add_number(path, device);
	add_text(path, after);
	path->text[path->length] = '\0';
	return path->text;
}

/* The port's device file, as soon as the driver has heard of its name and that the host has connected. */
static long try_input_port(void)
{
	enum { MAX_VIRTIO_DEVICES = 64 };

	for (int device = 0; device < MAX_VIRTIO_DEVICES; device++) {
		struct { int fd; short events, happened; } wait = { .events = POLLIN };
		struct line path;
		char name[sizeof(INPUT_PORT)] = "";
		long fd = sys(open, port_path(&path, "/sys/class/virtio-ports/vport", device, "p1/name"),
			      O_RDONLY | O_CLOEXEC);

		sys(read, fd, name, sizeof(name) - 1);
		sys(close, fd);
		if (!same_text(name, INPUT_PORT))
			continue;
		wait.fd = sys(open, port_path(&path, "/dev/vport", device, "p1"), O_RDONLY | O_CLOEXEC);
		if (wait.fd < 0)
			return wait.fd;
		sys(poll, &wait, 1, 0);
		if (!(wait.happened & POLLHUP))
			return wait.fd;
		sys(close, wait.fd);
	}
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
