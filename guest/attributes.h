/* SPDX-License-Identifier: Apache-2.0 */
/* Devices by what sysfs says of them: names given by a hypervisor's user, not by the order in which the kernel found them. */
#ifndef UKL_GUEST_ATTRIBUTES_H
#define UKL_GUEST_ATTRIBUTES_H

#include "sys.h"

/* The text up to the first blank or newline; a sysfs attribute ends with one. */
static void read_attribute(const char *path, char *value, size_t size)
{
	long fd = sys(open, path, O_RDONLY | O_CLOEXEC);
	long bytes = sys(read, fd, value, size - 1);
	long end = 0;

	sys(close, fd);
	while (end < bytes && value[end] > ' ')
		end++;
	value[end] = '\0';
}

/* Puts the name of the device in a folder of sysfs whose attribute has this value behind `found`. Whether there is one. */
static int find_device(struct line *found, const char *folder, const char *attribute, const char *wanted)
{
	/* struct linux_dirent64, which only the kernel and libc define. */
	struct entry {
		unsigned long inode, offset;
		unsigned short length;
		unsigned char type;
		char name[];
	} *entry;
	char entries[2048] __attribute__((aligned(8)));
	long dir = sys(open, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long bytes;
	int have = 0;

	while (!have && (bytes = sys(getdents64, dir, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < bytes && !have; at += entry->length) {
			struct line path;
			char value[64];

			entry = (struct entry *)(entries + at);
			start_text(&path, folder);
			add_text(&path, "/");
			add_text(&path, entry->name);
			add_text(&path, attribute);
			read_attribute(path.text, value, sizeof(value));
			have = same_text(value, wanted);
			if (have)
				add_text(found, entry->name);
		}
	}
	sys(close, dir);
	return have;
}

#endif
