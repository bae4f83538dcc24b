/* SPDX-License-Identifier: Apache-2.0 */
/* The machine made usable: file systems, devices, the terminal. */
#ifndef UKL_GUEST_MACHINE_H
#define UKL_GUEST_MACHINE_H

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/mount.h>
#include <linux/sockios.h>

#include "sys.h"

#define UMOUNT_DETACH 2 /* MNT_DETACH, which only libc's headers define */

static int console = -1;
static int result_port = -1;
static int kernel_log = -1;
static int proc_dir = -1; /* the first PID namespace's /proc, reachable by this descriptor only */

static void complain(const char *what, long error)
{
	struct line line = { 0 };

	add_text(&line, "ukl-init: ");
	add_text(&line, what);
	if (error) {
		add_text(&line, ": error ");
		add_number(&line, -error);
	}
	add_text(&line, "\n");
	write_line(console, &line);
}

struct bytes {
	char *start;
	size_t count;
};

/* A whole regular file, with a NUL behind it; empty when there is none. */
static struct bytes read_file(const char *path)
{
	struct bytes none = { NULL, 0 }, file = none;
	long fd = sys(open, path, O_RDONLY | O_CLOEXEC);
	long size = sys(lseek, fd, 0, 2 /* SEEK_END */);

	if (fd < 0)
		return none;
	if (size > 0)
		file.start = allocate(size + 1);
	if (file.start && sys(pread64, fd, file.start, size, 0) == size)
		file.count = size;
	else if (size != 0)
		complain(path, size < 0 ? size : -EIO);
	sys(close, fd);
	return file.count ? file : none;
}

static int is_empty_dir(const char *path)
{
	char entries[512];
	long fd = sys(open, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long bytes = sys(getdents64, fd, entries, sizeof(entries));

	/* "." and ".." take 24 bytes each. */
	sys(close, fd);
	return bytes <= 48;
}

static void mount_at(const char *type, const char *path, unsigned long flags, const char *data)
{
	long error = sys(mount, type, path, type, flags, data);

	/* EBUSY: a /init of the user's own mounted it and then ran this one. */
	if (error < 0 && error != -EBUSY)
		complain(path, error);
}

/* Memory for scratch files, but never over files that the root file system brought. */
static void mount_scratch(const char *path, const char *data)
{
	sys(mkdir, path, 0755);
	if (is_empty_dir(path))
		mount_at("tmpfs", path, MS_NOSUID | MS_NODEV, data);
}

static void mount_all(void)
{
	sys(mkdir, "/dev", 0755);
	mount_at("devtmpfs", "/dev", MS_NOSUID, "mode=755");
	console = sys(open, "/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
	result_port = sys(open, "/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	kernel_log = sys(open, "/dev/kmsg", O_WRONLY | O_CLOEXEC);

	sys(mkdir, "/proc", 0555);
	mount_at("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	proc_dir = sys(open, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* The place is the program's: it sees the processes of its own namespace there. */
	sys(umount2, "/proc", UMOUNT_DETACH);
	sys(mkdir, "/sys", 0555);
	mount_at("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	sys(mkdir, "/dev/pts", 0755);
	mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=620,gid=5,ptmxmode=666");
	sys(mkdir, "/dev/shm", 0755);
	/*
	 * Files in memory may take 70 % of it, all together: were the program killed for what is in files, nobody would be left to kill, and the
	 * kernel would panic at the next allocation of its own unless /init has dropped the files by then.
	 */
	mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777,size=25%");
	sys(symlink, "/proc/self/fd", "/dev/fd");
	sys(symlink, "/proc/self/fd/0", "/dev/stdin");
	sys(symlink, "/proc/self/fd/1", "/dev/stdout");
	sys(symlink, "/proc/self/fd/2", "/dev/stderr");
	mount_scratch("/tmp", "mode=1777,size=40%");
	mount_scratch("/run", "mode=755,size=5%");
}

/* ---- The terminal ---- */

static void make_raw(int fd)
{
	struct termios mode;

	if (sys(ioctl, fd, TCGETS, &mode) < 0)
		return;
	mode.c_iflag = 0;
	mode.c_oflag = 0;
	mode.c_lflag = 0;
	sys(ioctl, fd, TCSETS, &mode);
}

/*
 * The controlling terminal belongs to a session of /init's, not of the program's: when a session's
 * leader ends, the kernel hangs its terminal up and throws away what the UART has not sent yet
 * (__tty_hangup), and that would be the program's last words.
 */
static void set_up_console(void)
{
	struct termios mode;

	sys(setsid);
	sys(ioctl, console, TIOCSCTTY, 1);
	if (sys(ioctl, console, TCGETS, &mode) < 0)
		return;
	/* The program's bytes leave the machine as it wrote them: no carriage returns are added. */
	mode.c_oflag &= ~OPOST;
	sys(ioctl, console, TCSETS, &mode);
}

/* Returns when every byte has left the UART, even if someone had stopped the output with ^S. */
static void drain(int fd)
{
	sys(ioctl, fd, TCXONC, TCOON);
	sys(ioctl, fd, TCSBRK, 1);
}

#endif
