/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks, mounted before the program starts, as the kernel's command line says: ukl.mount=DEVICE:FOLDER[:TYPE[:OPTIONS]].
 * A program that was promised its data must not start without it: what cannot be mounted ends the machine.
 */
#ifndef UKL_GUEST_DISKS_H
#define UKL_GUEST_DISKS_H

#include "attributes.h"
#include "ending.h"
#include "parameters.h"

struct wish {
	char *device; /* a path, a virtio disk's serial number, or what the type makes of it (a 9p tag) */
	char *folder;
	char *type;
	char *options;
};

/* Ends the text at the next colon, and returns what follows; `otherwise` when there is none. */
static char *cut_at_colon(char *text, char *otherwise)
{
	for (; *text; text++) {
		if (*text == ':') {
			*text = '\0';
			return text[1] ? text + 1 : otherwise;
		}
	}
	return otherwise;
}

static __attribute__((noreturn)) void fail_mount(const struct wish *wish, long error)
{
	struct line what;

	start_text(&what, "mount ");
	add_text(&what, wish->folder);
	complain(what.text, error);
	fail(what.text, error);
}

static void make_folders(const char *path)
{
	struct line folder;

	start_text(&folder, path);
	for (char *at = folder.text + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		sys(mkdir, folder.text, 0755);
		*at = '/';
	}
	sys(mkdir, folder.text, 0755);
}

/* Whether the word is one of mount(8)'s that are flags for the kernel; all others are the file system's. */
static int take_flag(const char *word, size_t length, unsigned long *flags)
{
	static const struct { const char *word; unsigned long flag; } known[] = {
		{ "ro", MS_RDONLY },	 { "rw", 0 },		{ "nosuid", MS_NOSUID },   { "nodev", MS_NODEV },
		{ "noexec", MS_NOEXEC }, { "sync", MS_SYNCHRONOUS }, { "noatime", MS_NOATIME }, { "lazytime", MS_LAZYTIME },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (length_of(known[i].word) == length && same_start(word, known[i].word)) {
			*flags |= known[i].flag;
			return 1;
		}
	}
	return 0;
}

static void mount_wish(struct wish *wish)
{
	struct line device = { 0 }, data = { 0 };
	unsigned long flags = 0;
	long error;

	if (wish->device[0] != '/' && same_start(wish->type, "ext")) {
		add_text(&device, "/dev/");
		if (!find_device(&device, "/sys/class/block", "/serial", wish->device))
			fail_mount(wish, -ENXIO);
	} else {
		add_text(&device, wish->device);
	}
	for (char *word = wish->options, *end; *word; word = *end ? end + 1 : end) {
		for (end = word; *end && *end != ','; end++)
			;
		if (take_flag(word, end - word, &flags))
			continue;
		if (data.length)
			add_text(&data, ",");
		while (word < end)
			add_text(&data, (char[]){ *word++, '\0' });
	}
	make_folders(wish->folder);
	error = sys(mount, device.text, wish->folder, wish->type, flags, data.text);
	/* Of a device that is not there, as of a serial number. */
	if (error < 0)
		fail_mount(wish, error == -ENOENT ? -ENXIO : error);
}

static void mount_disks(void)
{
	enum { MAX_WISHES = 32 };
	struct wish wishes[MAX_WISHES];
	int count = 0;

	for (char *value = NULL; (value = next_value("ukl.mount=", value));) {
		struct wish wish = { .device = value };
		int same = 0;
		char *last = value + length_of(value);

		wish.folder = cut_at_colon(value, "");
		wish.type = cut_at_colon(wish.folder, "ext4");
		wish.options = cut_at_colon(wish.type, "");
		value = last;
		if (wish.folder[0] != '/')
			fail_mount(&wish, -EINVAL);
		/* The last word on a folder counts: an image's wish for a disk is granted by the run's. */
		while (same < count && !same_text(wishes[same].folder, wish.folder))
			same++;
		if (same == MAX_WISHES)
			fail_mount(&wish, -E2BIG);
		wishes[same] = wish;
		count += same == count;
	}
	for (int i = 0; i < count; i++)
		mount_wish(&wishes[i]);
}

#endif
