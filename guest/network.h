/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's name and what a C library needs to look up others: written only where the root file system has nothing of its own. */
#ifndef UKL_GUEST_NETWORK_H
#define UKL_GUEST_NETWORK_H

#include <linux/utsname.h>

#include "parameters.h"

/* struct ifreq; linux/if.h would draw libc's headers in. */
struct interface_request {
	char name[16];
	union {
		short flags;
		struct { unsigned short family, port; unsigned char address[4]; } inet;
		char unused[24];
	};
};

static long ask_interface(unsigned int what, struct interface_request *request)
{
	long fd = sys(socket, 2 /* AF_INET */, 2 /* SOCK_DGRAM */ | O_CLOEXEC, 0);
	long error = fd < 0 ? fd : sys(ioctl, fd, what, request);

	sys(close, fd);
	return error;
}

static void loopback_up(void)
{
	struct interface_request request = { .name = "lo", .flags = 1 /* IFF_UP */ };
	long error = ask_interface(SIOCSIFFLAGS, &request);

	if (error < 0)
		complain("loopback interface", error);
}

/* From the command line, else from the root file system; else it stays what the kernel has (ip=, CONFIG_DEFAULT_HOSTNAME). */
static void set_hostname(void)
{
	struct bytes file = read_file("/etc/hostname");
	const char *name = file.count ? file.start : "";
	size_t length = 0;

	for (const char *value = NULL; (value = next_value("hostname=", value));)
		name = value;
	while (length < 64 && name[length] > ' ')
		length++;
	if (length)
		sys(sethostname, name, length);
}

static void write_if_absent(const char *path, const struct line *text)
{
	long fd = sys(open, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	write_all(fd, text->text, text->length);
	sys(close, fd);
}

/* The machine's own name is that of the address where others reach it, if it has one. */
static void write_hosts(void)
{
	struct interface_request request = { .name = "eth0" };
	struct new_utsname names = { 0 };
	struct line text;

	start_text(&text, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
	sys(uname, &names);
	if (ask_interface(SIOCGIFADDR, &request) < 0) {
		add_text(&text, "127.0.1.1");
	} else {
		for (int i = 0; i < 4; i++) {
			add_text(&text, i ? "." : "");
			add_number(&text, request.inet.address[i]);
		}
	}
	add_text(&text, " ");
	add_text(&text, names.nodename);
	add_text(&text, "\n");
	write_if_absent("/etc/hosts", &text);
}

static void write_resolver_files(void)
{
	struct line order;

	write_hosts();
	/* Name servers from the ip= parameter or from DHCP (net/ipv4/ipconfig.c). */
	sys(symlink, "/proc/net/pnp", "/etc/resolv.conf");
	/* Without it, a C library asks the name server even for localhost. */
	start_text(&order, "hosts: files dns\n");
	write_if_absent("/etc/nsswitch.conf", &order);
}

#endif
