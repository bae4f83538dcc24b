/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host asks the program to end: the word `terminate` and a newline on the virtio port `ukl.control`, which any hypervisor can have.
 * It is never waited for: the port may come late, or not at all. The kernel tells by SIGIO that a device has come, and that there is
 * something to read.
 */
#ifndef UKL_GUEST_CONTROL_H
#define UKL_GUEST_CONTROL_H

#include <asm/signal.h>

#include "machine.h"
#include "ports.h"

#define CONTROL_PORT "ukl.control" /* the name that src/run/command.ts gives it */
#define TERMINATE "terminate"

enum { AF_NETLINK = 16, SOCK_RAW = 3, NETLINK_KOBJECT_UEVENT = 15 };

static int control_port = -1;
static int device_events = -1;

static void signal_changes(int fd)
{
	long own = sys(getpid);

	sys(fcntl, fd, F_SETOWN, own);
	sys(fcntl, fd, F_SETFL, O_NONBLOCK | FASYNC);
}

/* From now on SIGIO, which the caller has blocked, means that terminate_wanted() is to be asked. */
static void open_control(void)
{
	struct { unsigned short family, pad; unsigned int id, groups; } address = { AF_NETLINK, 0, 0, 1 };

	device_events = sys(socket, AF_NETLINK, SOCK_RAW | O_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	sys(bind, device_events, &address, sizeof(address));
	signal_changes(device_events);
}

static int terminate_wanted(void)
{
	char text[64];

	if (control_port < 0) {
		while (sys(read, device_events, text, sizeof(text)) > 0)
			;
		control_port = open_port(CONTROL_PORT, O_RDONLY | O_NONBLOCK);
		if (control_port < 0)
			return 0;
		sys(close, device_events);
		signal_changes(control_port);
	}
	return sys(read, control_port, text, sizeof(text)) >= (long)sizeof(TERMINATE) &&
	       same_start(text, TERMINATE "\n");
}

/* One of the masks in /proc/PID/status: does it hold SIGTERM? */
static int sigterm_in(const char *status, const char *mask)
{
	const char *at = find_text(status, mask);
	int digit;

	if (!at)
		return 0;
	/* 16 hexadecimal digits; bits 12 to 15 are the fourth from the right, SIGTERM is bit 14. */
	digit = at[length_of(mask) + 12];
	return (digit >= 'a' ? digit - 'a' + 10 : digit - '0') & 1 << (SIGTERM - 1 - 12);
}

/* Whether the program does anything of its own about SIGTERM, now that it could come. */
static int heeds_sigterm(long pid)
{
	static char status[4096];
	struct line path;
	long fd, bytes;

	start_text(&path, "");
	add_number(&path, pid);
	add_text(&path, "/status");
	fd = sys(openat, proc_dir, path.text, O_RDONLY | O_CLOEXEC);
	bytes = sys(read, fd, status, sizeof(status) - 1);
	sys(close, fd);
	status[bytes > 0 ? bytes : 0] = '\0';
	return sigterm_in(status, "SigBlk:\t") || sigterm_in(status, "SigIgn:\t") || sigterm_in(status, "SigCgt:\t");
}

/*
 * SIGTERM to the program. The first process of a PID namespace never gets a signal that it does nothing about; every other process
 * would be ended by this one, and so is this: by SIGKILL, which passes. Returns whether that was so.
 */
static int terminate(long pid)
{
	int heeds = heeds_sigterm(pid);

	sys(kill, pid, heeds ? SIGTERM : SIGKILL);
	return !heeds;
}

#endif
