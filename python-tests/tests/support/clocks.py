"""A clock of a process's own, which can be set while it runs."""

from __future__ import annotations

import mmap
import platform
import shutil
import struct
import subprocess
import time

import pytest

from .daemon import Daemon

#: Programs ask the kernel's own code that is mapped into every process (the vDSO), by way of the C library or without it, so that
#: replacing functions of the C library, as libfaketime does, reaches only some of them. This replaces that very code: it jumps to
#: functions which ask the kernel by a system call, and add what the first eight bytes of a file say, in seconds.
SOURCE = r"""
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *ahead;

static int get_time(clockid_t clock, struct timespec *time)
{
    long failed = syscall(SYS_clock_gettime, clock, time);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += *ahead;
    return failed ? -22 : 0;
}

static int get_day(struct timeval *time, void *zone)
{
    struct timespec now;
    (void)zone;
    get_time(CLOCK_REALTIME, &now);
    if (time) {
        time->tv_sec = now.tv_sec;
        time->tv_usec = now.tv_nsec / 1000;
    }
    return 0;
}

static time_t get_seconds(time_t *seconds)
{
    struct timespec now;
    get_time(CLOCK_REALTIME, &now);
    if (seconds)
        *seconds = now.tv_sec;
    return now.tv_sec;
}

static int replace(char *code, void *by)
{
    unsigned char jump[12] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0}; /* mov rax, by; jmp rax */
    uintptr_t page = (uintptr_t)code & ~(uintptr_t)4095;
    memcpy(jump + 2, &by, 8);
    int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    /* It may end on the next page, if there is one. */
    if (mprotect((void *)page, 8192, all) && mprotect((void *)page, 4096, all))
        return 0;
    memcpy(code, jump, sizeof jump);
    return 1;
}

__attribute__((constructor)) static void begin(void)
{
    static const struct { const char *name; void *by; } list[] = {
        {"__vdso_clock_gettime", (void *)get_time},
        {"__vdso_gettimeofday", (void *)get_day},
        {"__vdso_time", (void *)get_seconds},
    };
    const char *path = getenv("PLUMB_TEST_CLOCK");
    char *base = (char *)getauxval(AT_SYSINFO_EHDR);
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    ahead = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (ahead == MAP_FAILED || !base)
        _exit(99);
    Elf64_Ehdr *head = (Elf64_Ehdr *)base;
    Elf64_Phdr *parts = (Elf64_Phdr *)(base + head->e_phoff);
    Elf64_Dyn *dynamic = 0;
    char *load = base;
    for (int i = 0; i < head->e_phnum; i++) {
        if (parts[i].p_type == PT_LOAD)
            load = base + parts[i].p_offset - parts[i].p_vaddr;
        if (parts[i].p_type == PT_DYNAMIC)
            dynamic = (Elf64_Dyn *)(base + parts[i].p_offset);
    }
    char *names = 0;
    Elf64_Sym *symbols = 0;
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_STRTAB)
            names = load + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_SYMTAB)
            symbols = (Elf64_Sym *)(load + dynamic->d_un.d_ptr);
    }
    int done = 0;
    /* The names follow the symbols, so that they tell their number. */
    for (Elf64_Sym *symbol = symbols; symbols && (char *)symbol < names; symbol++)
        for (int i = 0; i < 3; i++)
            if (!strcmp(names + symbol->st_name, list[i].name))
                done += replace(load + symbol->st_value, list[i].by);
    if (done < 3)
        _exit(99);
}
"""


class Clock:
    """What time it is for a daemon."""

    def __init__(self, daemon: Daemon) -> None:
        """Lets a daemon that has not been started have it. Skips the test where that is not possible."""
        if platform.machine() != "x86_64":
            pytest.skip("the clock of a process is replaced on x86_64 alone")
        compiler = shutil.which("cc")
        if not compiler:
            pytest.skip("there is no C compiler")
        library = daemon.folder / "clock.so"
        source = daemon.folder / "clock.c"
        source.write_text(SOURCE)
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
        file = daemon.folder / "clock"
        file.write_bytes(bytes(4096))
        with open(file, "r+b") as opened:
            self._ahead = mmap.mmap(opened.fileno(), 4096)
        self.environment = {"LD_PRELOAD": str(library), "PLUMB_TEST_CLOCK": str(file)}
        self._try()
        daemon.environment |= self.environment

    def _try(self) -> None:
        """That it works here at all, with a program that is not the one under test."""
        self.ahead = 1_000_000_000
        tried = subprocess.run(["date", "+%s"], env=self.environment, capture_output=True, text=True, check=False)
        self.ahead = 0
        if tried.returncode == 99:
            pytest.skip("the kernel does not let a process replace its clock")
        assert abs(int(tried.stdout) - 1_000_000_000 - time.time()) < 1_000_000, tried

    @property
    def ahead(self) -> int:
        """Seconds by which it is ahead of the true one."""
        return int(struct.unpack_from("q", self._ahead)[0])

    @ahead.setter
    def ahead(self, seconds: int) -> None:
        struct.pack_into("q", self._ahead, 0, seconds)

    def now(self) -> int:
        """What it says."""
        return int(time.time()) + self.ahead
