// SPDX-License-Identifier: Apache-2.0
/*
 * /init of an image: the machine's first process, in ring 3. It makes the machine usable, runs
 * /program, and turns the program's end into the machine's (docs/architecture.md, "the guest").
 *
 * Built by guest/build.sh. It is no part of a kit: a new one needs no new kernel.
 *
 * On /dev/ttyS1 it says, a line each: `ready` when the program's input is open, then one of
 * `exit N`, `signal N`, `restart` (the program rebooted the machine), `error ERRNO WHAT`.
 * A file that a user's root file system lacks is never a reason to stop.
 */
#include <asm/siginfo.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "arguments.h"
#include "control.h"
#include "disks.h"
#include "input.h"
#include "limits.h"
#include "network.h"

#define BIT(signal) (1UL << ((signal) - 1))

/* What wakes wait_for(). */
static const unsigned long news = BIT(SIGCHLD) | BIT(SIGIO);

/* /init stays in the terminal's background, where tcdrain() is allowed only with SIGTTOU blocked; it waits for the others. */
static void mask_signals(int how)
{
	unsigned long mask = news | BIT(SIGTTOU);

	sys(rt_sigprocmask, how, &mask, NULL, sizeof(mask));
}

static __attribute__((noreturn)) void become_program(int report, int input, char **argv, char **env)
{
	struct sigaction standard = { 0 };
	int group = 1;
	long error;

	mount_at("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	/* The terminal's foreground is the program before it can read: otherwise SIGTTIN would stop it. */
	sys(setpgid, 0, 0);
	sys(ioctl, console, TIOCSPGRP, &group);
	for (int signal = 1; signal <= 64; signal++)
		sys(rt_sigaction, signal, &standard, NULL, sizeof(unsigned long));
	mask_signals(SIG_UNBLOCK);
	sys(dup2, input, 0);
	sys(dup2, console, 1);
	sys(dup2, console, 2);
	error = sys(execve, "/program", argv, env);
	sys(write, report, &error, sizeof(error));
	for (;;)
		sys(exit_group, 127);
}

static void explain_exec_failure(long error)
{
	switch (error) {
	case -ENOENT:
		complain("cannot start /program: it, or its interpreter, is not in the root file system", 0);
		break;
	case -EACCES:
		complain("cannot start /program: it is not an executable file", 0);
		break;
	case -ENOEXEC:
		complain("cannot start /program: no program in the image's slot, or a file this kernel cannot run",
			 0);
		break;
	default:
		complain("cannot start /program", error);
	}
}

/* Returns the program's process id in this namespace, once its exec has succeeded. */
static long start_program(int input, char **argv, char **env)
{
	int report[2];
	long error = sys(pipe2, report, O_CLOEXEC);
	long pid, why;

	if (error < 0)
		fail("pipe", error);
	pid = sys(clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become_program(report[1], input, argv, env);
	if (pid < 0)
		fail("clone", pid);
	sys(close, report[1]);
	if (sys(read, report[0], &why, sizeof(why)) == sizeof(why)) {
		explain_exec_failure(why);
		fail("exec /program", why);
	}
	sys(close, report[0]);
	return pid;
}

/*
 * A namespace in which reboot() was called ends as if by SIGINT or SIGHUP (kernel/pid_namespace.c). Its first
 * thread has then left with 0, if it made the call, or by SIGKILL, which tells it from a program that a real SIGINT
 * ended: last field of its stat.
 */
static int called_reboot(long pid)
{
	struct line path = { 0 };
	char stat[1024];
	long fd, bytes;
	int number = 0;

	add_number(&path, pid);
	add_text(&path, "/task/");
	add_number(&path, pid);
	add_text(&path, "/stat");
	fd = sys(openat, proc_dir, path.text, O_RDONLY | O_CLOEXEC);
	bytes = sys(read, fd, stat, sizeof(stat));
	sys(close, fd);
	while (bytes > 0 && (stat[bytes - 1] < '0' || stat[bytes - 1] > '9'))
		bytes--;
	for (int unit = 1; bytes > 0 && stat[bytes - 1] != ' '; unit *= 10)
		number += (stat[--bytes] - '0') * unit;
	return number == 0 || (number & 0x7f) == SIGKILL;
}

static __attribute__((noreturn)) void end_with(long pid, int code, int status)
{
	const struct ending exited = { "exit", "program exited with status", status, NULL,
				       LINUX_REBOOT_CMD_POWER_OFF };
	const struct ending killed = { "signal", "program killed by signal", status, NULL,
				       LINUX_REBOOT_CMD_POWER_OFF };
	const struct ending powered_off = { "exit", "program powered the machine off, status", 0, NULL,
					    LINUX_REBOOT_CMD_POWER_OFF };
	const struct ending restarted = { "restart", "program restarts the machine", -1, NULL,
					  LINUX_REBOOT_CMD_RESTART };

	if (code == CLD_EXITED)
		end_machine(&exited);
	if (status == SIGINT && called_reboot(pid))
		end_machine(&powered_off);
	if (status == SIGHUP && called_reboot(pid))
		end_machine(&restarted);
	end_machine(&killed);
}

/* The next process that has ended or stopped, left as it is; none: its id is 0. */
static siginfo_t next_news(void)
{
	siginfo_t info = { 0 };
	long error = sys(waitid, P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG, NULL);

	if (error < 0)
		fail("waitid", error);
	return info;
}

/* Waits for the program, reaps what the kernel gives to the machine's first process, and passes on what the host asks for. */
static __attribute__((noreturn)) void wait_for(long pid)
{
	int terminated = 0;

	for (;;) {
		siginfo_t info = next_news();

		if (info.si_pid == 0) {
			if (terminate_wanted())
				terminated = terminate(pid);
			else
				sys(rt_sigtimedwait, &news, NULL, NULL, sizeof(news));
			continue;
		}
		if (info.si_pid == pid && info.si_code != CLD_STOPPED)
			end_with(pid, info.si_code, terminated && info.si_status == SIGKILL ? SIGTERM : info.si_status);
		sys(waitid, P_PID, info.si_pid, NULL, WEXITED | WSTOPPED, NULL);
		/* There is no shell that could continue the program after a ^Z. */
		if (info.si_pid == pid && info.si_status != SIGSTOP)
			sys(kill, -pid, SIGCONT);
	}
}

__attribute__((noreturn, used)) static void run(long *stack)
{
	char **own_argv = (char **)(stack + 1);
	char **own_env = own_argv + stack[0] + 1;
	struct strings argv, env;
	int input;

	mount_all();
	make_raw(result_port);
	set_up_console();
	mask_signals(SIG_BLOCK);
	read_parameters();
	limit_threads();
	loopback_up();
	set_hostname();
	write_resolver_files();
	mount_disks();
	argv = make_argv(own_argv);
	env = make_env(own_env);
	input = open_input();
	open_control();
	prepare_ending();
	write_all(result_port, "ready\n", 6);
	wait_for(start_program(input, argv.list, env.list));
}

/* The kernel enters with the argument count at the top of the stack (System V ABI, x86-64, 3.4.1). */
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call run\n");
