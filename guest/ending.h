/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's end: nothing written is lost, the result is told, the power goes off. */
#ifndef UKL_GUEST_ENDING_H
#define UKL_GUEST_ENDING_H

#include <asm/signal.h>
#include <linux/fs.h>
#include <linux/reboot.h>

#include "machine.h"

/* Undoes \040 and its like (fs/proc_namespace.c, mangle) in place. */
static void unescape(char *path)
{
	char *to = path;

	for (; *path; path++) {
		if (path[0] == '\\' && path[1] && path[2] && path[3]) {
			*to++ = (path[1] - '0') << 6 | (path[2] - '0') << 3 | (path[3] - '0');
			path += 3;
		} else {
			*to++ = *path;
		}
	}
	*to = '\0';
}

/*
 * A program that was killed because it took all memory may have left it in files, and then even a page for this process
 * is too much: so the ending has its memory beforehand, and begins with the files that only memory holds.
 */
enum { MAX_MOUNTS = 512, MAX_BYTES = 1 << 16 };
static char mounts_text[MAX_BYTES];
static struct mounted {
	char *device;
	char *path;
} mounts[MAX_MOUNTS];

static void prepare_ending(void)
{
	sys(mlockall, 1 /* MCL_CURRENT */);
}

static void drop_scratch(void)
{
	sys(umount2, "/dev/shm", 0);
	sys(umount2, "/run", 0);
	sys(umount2, "/tmp", 0);
}

/*
 * What a killed process has left in the kernel's hands (requests of an io_uring, files on their way through a socket) lets go of its files a
 * little later. A disk is worth waiting for; everything else ends with the machine.
 */
static void unmount(const struct mounted *mounted)
{
	enum { TRIES = 50 };
	const struct { long seconds, nanoseconds; } pause = { 0, 20 * 1000 * 1000 };
	int tries = same_start(mounted->device, "/dev/") ? TRIES : 1;
	long error;

	while ((error = sys(umount2, mounted->path, 0)) == -EBUSY && --tries > 0)
		sys(nanosleep, &pause, NULL);
	/* Read-only it is clean on disk, too. */
	if (error < 0)
		sys(mount, NULL, mounted->path, NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

/* The text up to the next blank, ended there; moves `at` behind it. */
static char *next_word(char **at)
{
	char *word = *at;

	while (**at && **at != ' ')
		++*at;
	if (**at)
		*(*at)++ = '\0';
	unescape(word);
	return word;
}

/* Unmounts the last mount first. */
static void unmount_all(void)
{
	long fd = sys(openat, proc_dir, "self/mounts", O_RDONLY | O_CLOEXEC);
	long bytes, total = 0;
	int count = 0;

	sys(sync);
	if (fd < 0)
		return;
	while ((bytes = sys(read, fd, mounts_text + total, MAX_BYTES - 1 - total)) > 0)
		total += bytes;
	/* Each line: device, path, type, options, two numbers. */
	for (char *at = mounts_text; *at && count < MAX_MOUNTS; at++) {
		mounts[count].device = next_word(&at);
		mounts[count++].path = next_word(&at);
		while (*at && *at != '\n')
			at++;
	}
	while (count-- > 0)
		if (!same_text(mounts[count].path, "/"))
			unmount(&mounts[count]);
	sys(sync);
}

/*
 * With `quiet` on the command line the console belongs to the program: keeps the kernel's "Power down", an
 * emergency as far as printk knows, from following its last words. The kernel log has it all the same.
 */
static void keep_console_clean(void)
{
	enum { QUIET = 4 }; /* CONFIG_CONSOLE_LOGLEVEL_QUIET; one digit, then blanks and other levels */
	long fd = sys(openat, proc_dir, "sys/kernel/printk", O_RDWR | O_CLOEXEC);
	char level = '9';

	sys(read, fd, &level, 1);
	if (level <= '0' + QUIET)
		sys(pwrite64, fd, "0", 1, 0);
	sys(close, fd);
}

struct ending {
	const char *result; /* first word on the result port */
	const char *log; /* for the kernel log */
	int number; /* behind both; -1: none */
	const char *what; /* behind the number on the result port, or NULL */
	int reboot; /* LINUX_REBOOT_CMD_... */
};

static __attribute__((noreturn)) void end_machine(const struct ending *ending)
{
	struct line result = { 0 }, log = { 0 };

	sys(kill, -1, SIGKILL);
	drain(console);
	drop_scratch();
	unmount_all();

	add_text(&log, "<5>ukl: ");
	add_text(&log, ending->log);
	add_text(&result, ending->result);
	if (ending->number >= 0) {
		add_text(&log, " ");
		add_number(&log, ending->number);
		add_text(&result, " ");
		add_number(&result, ending->number);
	}
	if (ending->what) {
		add_text(&result, " ");
		add_text(&result, ending->what);
	}
	add_text(&log, "\n");
	add_text(&result, "\n");
	keep_console_clean();
	write_line(kernel_log, &log);
	drain(console);
	write_line(result_port, &result);
	drain(result_port);
	for (;;) {
		sys(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, ending->reboot, NULL);
		sys(pause);
	}
}

static __attribute__((noreturn)) void fail(const char *what, long error)
{
	end_machine(&(struct ending){ "error", "program did not start, error", -error, what,
				      LINUX_REBOOT_CMD_POWER_OFF });
}

#endif
