"""What gdb does not know by itself of a program in ring 0: where KASLR has put it, and how the kernel's stack is unwound.

`ukl-link gdb` loads this file, connects and then says `ukl-symbols`; any gdb can do the same by hand (docs/debug.md).
"""

import bisect
import os
import re
import struct
import tempfile

import gdb
import gdb.unwinder

WORD = 2**64 - 1
SHF_EXECINSTR = 4


def read_words(address, count):
    """64-bit words of the debugged memory. Throws gdb.MemoryError."""
    data = gdb.selected_inferior().read_memory(address & WORD, 8 * count)
    return struct.unpack(f"<{count}Q", bytes(data))


class Elf:
    """The little that is needed of an ELF file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        self.entry, _, self.table = struct.unpack_from("<QQQ", self.data, 24)
        self.header_size, count, names = struct.unpack_from("<HHH", self.data, 58)
        self.headers = [struct.unpack_from("<IIQQQQ", self.data, self.header_at(i)) for i in range(count)]
        self.names = self.headers[names][4]

    def header_at(self, index):
        return self.table + index * self.header_size

    def index(self, wanted):
        """Number of the section of this name."""
        for index, (name, *_) in enumerate(self.headers):
            at = self.names + name
            if self.data[at : self.data.index(b"\0", at)] == wanted:
                return index
        raise gdb.GdbError(f"the kernel has no section {wanted.decode()}")

    def section(self, wanted):
        """Address and bytes of a section."""
        _, _, _, address, offset, size = self.headers[self.index(wanted)]
        return address, self.data[offset : offset + size]

    def code_ranges(self):
        return [(h[3], h[3] + h[5]) for h in self.headers if h[2] & SHF_EXECINSTR]

    def copy_without(self, section):
        """A file like this one, in which a section takes no memory."""
        struct.pack_into("<Q", self.data, self.header_at(self.index(section)) + 8, 0)
        descriptor, path = tempfile.mkstemp(prefix="vmlinux-")
        with open(descriptor, "wb") as file:
            file.write(self.data)
        gdb.events.gdb_exiting.connect(lambda event: os.unlink(path))
        return path


class FrameId:
    """What gdb compares frames by: the end of the frame on the stack. ORC does not say where its function starts.

    gdb takes an outer frame at a lower address for a corrupt stack. The program's stack is in the user half, below the kernel's,
    so these count without the bits that all of the kernel's have in common."""

    def __init__(self, end):
        self.sp = gdb.Value(end % 2**40)
        self.pc = gdb.Value(0)


class OrcUnwinder(gdb.unwinder.Unwinder):
    """Unwinds the kernel by its own ORC tables (arch/x86/include/asm/orc_types.h): it has no other unwind information.

    A frame that the CPU or the system call entry has made (pt_regs) leads on to what was interrupted, be it the program.
    """

    # enum of ORC_REG_*: a register, or a word on the stack
    UNDEFINED, PREV_SP, DX, DI, BP, SP, R10, R13, BP_INDIRECT, SP_INDIRECT = range(10)
    BASES = {DX: "rdx", DI: "rdi", BP: "rbp", SP: "rsp", R10: "r10", R13: "r13", BP_INDIRECT: "rbp", SP_INDIRECT: "rsp"}
    # UNWIND_HINT_TYPE_*
    CALL, REGS, REGS_PARTIAL = range(3)
    # struct pt_regs
    PT_REGS = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_ax rip cs eflags rsp ss".split()
    IRET_FRAME = PT_REGS.index("rip")

    def __init__(self, vmlinux, offset):
        super().__init__("ukl-orc")
        self.offset = offset
        self.ranges = vmlinux.code_ranges()
        address, ips = vmlinux.section(b".orc_unwind_ip")
        # Each word is the distance from itself to the first instruction that an entry is for.
        self.ips = [address + 4 * i + ip for i, (ip,) in enumerate(struct.iter_unpack("<i", ips))]
        _, entries = vmlinux.section(b".orc_unwind")
        self.entries = list(struct.iter_unpack("<hhH", entries))
        # Frames that were interrupted, not left by a call: their RIP is that of an instruction of their own.
        self.interrupted = set()

    def find(self, ip):
        ip -= self.offset
        if not any(start <= ip < end for start, end in self.ranges):
            return None
        return self.entries[bisect.bisect_right(self.ips, ip) - 1]

    def __call__(self, frame):
        try:
            return self.unwind(frame)
        except gdb.MemoryError:
            return None

    def unwind(self, frame):
        def register(name):
            return int(frame.read_register(name)) & WORD

        rip, rsp = register("rip"), register("rsp")
        exact = frame.level() == 0 or (rip, rsp) in self.interrupted
        entry = self.find(rip if exact else rip - 1)
        if entry is None:
            return None
        sp_offset, bp_offset, bits = entry
        sp_reg, bp_reg, kind = bits & 15, bits >> 4 & 15, bits >> 8 & 3
        if sp_reg not in self.BASES:
            return None

        base = register(self.BASES[sp_reg])
        if sp_reg == self.SP_INDIRECT:
            (cfa,) = read_words(base, 1)
            cfa += sp_offset
        elif sp_reg == self.BP_INDIRECT:
            (cfa,) = read_words(base + sp_offset, 1)
        else:
            cfa = base + sp_offset
        end = cfa
        if kind == self.CALL:
            caller = {"rip": read_words(cfa - 8, 1)[0], "rsp": cfa}
            if bp_reg == self.PREV_SP:
                caller["rbp"] = read_words(cfa + bp_offset, 1)[0]
            elif bp_reg == self.BP:
                caller["rbp"] = read_words(register("rbp") + bp_offset, 1)[0]
            else:
                caller["rbp"] = register("rbp")
        elif kind in (self.REGS, self.REGS_PARTIAL):
            first = 0 if kind == self.REGS else self.IRET_FRAME
            names = self.PT_REGS[first:]
            caller = dict(zip(names, read_words(cfa, len(names))))
            end += 8 * len(names)
            for name in ("orig_ax", "cs", "ss", "eflags"):
                caller.pop(name, None)
            self.interrupted.add((caller["rip"], caller["rsp"]))
        else:
            return None
        info = frame.create_unwind_info(FrameId(end))
        word = frame.architecture().integer_type(64, False)
        for name, value in caller.items():
            info.add_saved_register(name, gdb.Value(value & WORD).cast(word))
        return info


def offset_of_process(entry):
    """How far a program was moved, by the auxiliary vector of its process; None where there is none (QEMU's stub)."""
    try:
        vector = gdb.execute("info auxv", to_string=True)
    except gdb.error:
        return None
    found = re.search(r"^9\s+AT_ENTRY\s.*\s(0x[0-9a-f]+)$", vector, re.MULTILINE)
    return None if found is None else int(found[1], 16) - entry


def offset_of_kernel():
    """How far the kernel was moved, by the first entry of the interrupt descriptor table. The kernel's symbols are loaded."""
    registers = gdb.execute("monitor info registers", to_string=True)
    table = re.search(r"^IDT=\s*([0-9a-f]+)", registers, re.MULTILINE)
    if table is None:
        raise gdb.GdbError("neither a process nor QEMU's stub")
    low, high = read_words(int(table[1], 16), 2)
    handler = low & 0xFFFF | low >> 32 & 0xFFFF0000 | (high & 0xFFFFFFFF) << 32
    linked = int(gdb.parse_and_eval("(unsigned long)&asm_exc_divide_error"))
    return handler - linked


class UklSymbols(gdb.Command):
    """ukl-symbols PROGRAM [--base ADDRESS] [--kernel VMLINUX] [--offset BYTES]

    Loads the symbols of a program in ring 0 and of its kernel, at the addresses that KASLR has given them.
    PROGRAM is the file of `--separate-debug-file`, or what `ukl-link inspect --extract` writes.
    The base is where a program that was linked at 0, a static PIE, lies in a kernel that has not been moved: the slot's address.
    Without an offset it is found: for a core file or gdbserver by the auxiliary vector, for QEMU's stub by the interrupt table."""

    def __init__(self):
        super().__init__("ukl-symbols", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        program, *rest = gdb.string_to_argv(argument) or [None]
        given = dict(zip(rest[::2], rest[1::2]))
        if program is None or len(rest) % 2 != 0 or not given.keys() <= {"--base", "--kernel", "--offset"}:
            raise gdb.GdbError("usage: ukl-symbols PROGRAM [--base ADDRESS] [--kernel VMLINUX] [--offset BYTES]")
        base = int(given.get("--base", "0"), 0)
        with_kernel = "--kernel" in given
        if with_kernel:
            vmlinux = Elf(given["--kernel"])
            # It covers all of the slot, where gdb would look for nothing but the kernel's symbols.
            kernel = vmlinux.copy_without(b".ukl_slot")
        entry = base + Elf(program).entry
        offset = int(given["--offset"], 0) if "--offset" in given else offset_of_process(entry)
        if offset is None and with_kernel:
            load("symbol-file", kernel, 0)
            offset = offset_of_kernel()
        if offset is None:
            raise gdb.GdbError("the kernel's vmlinux is needed to find out where KASLR has put the program")
        if with_kernel:
            load("symbol-file", kernel, offset)
            gdb.unwinder.register_unwinder(None, OrcUnwinder(vmlinux, offset), replace=True)
        load("add-symbol-file" if with_kernel else "symbol-file", program, base + offset)
        names = " and ".join([program, *([given["--kernel"]] if with_kernel else [])])
        print(f"ukl: symbols of {names}, moved by {offset:#x}")


def load(command, path, offset):
    confirm = gdb.parameter("confirm")
    gdb.execute("set confirm off")
    try:
        word = re.sub(r"([\s'\"\\])", r"\\\1", path)
        gdb.execute(f"{command} {word} -o {offset & WORD:#x}", to_string=True)
    finally:
        gdb.execute(f"set confirm {'on' if confirm else 'off'}")


UklSymbols()
