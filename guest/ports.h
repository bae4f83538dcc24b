/* SPDX-License-Identifier: Apache-2.0 */
/* virtio ports: byte streams between host and guest, each with a name that the host has given it. */
#ifndef UKL_GUEST_PORTS_H
#define UKL_GUEST_PORTS_H

#include "attributes.h"

/* The port of this name, or -ENODEV as long as the driver has not heard of it. */
static long open_port(const char *name, int flags)
{
	struct line path;

	start_text(&path, "/dev/");
	if (!find_device(&path, "/sys/class/virtio-ports", "/name", name))
		return -ENODEV;
	return sys(open, path.text, flags | O_CLOEXEC);
}

#endif
