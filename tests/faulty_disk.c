/* A disk that fails on purpose: preloaded into a process (LD_PRELOAD), it counts the calls that change what is
 * below certain folders, and at the n-th answers with an error or kills the process. SQLite's calls are counted
 * like Python's. Linux; tests/faulty_disk.py compiles it and tells it what to do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DIES = -1 };
static char below[PATH_MAX];  /* counted: this folder and all that is in it */
static long until = -1, calls; /* the call to fail at (from 1); how many there were */
static int fault, stays;       /* an errno or DIES; whether what needs room fails from then on */

void faulty_disk(const char *folder, long at, int what, int for_good) {
    snprintf(below, sizeof below, "%s", folder);
    until = at, fault = what, stays = for_good, calls = 0;
}

long faulty_disk_calls(void) { return calls; }

static int is_below(const char *path) {
    size_t length = strlen(below);
    return length && !strncmp(path, below, length) && (path[length] == '/' || !path[length]);
}

static int fails(const char *path, int needs_room) {
    if (!is_below(path)) return 0;
    long number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    if (until < 1 || number < until || (number > until && !(stays && needs_room))) return 0;
    if (fault == DIES) kill(getpid(), SIGKILL);
    if (fault == ENOSPC && !needs_room) return 0;
    errno = fault;
    return 1;
}

static int fails_at(int folder, const char *path, int needs_room) {
    char full[2 * PATH_MAX], link[64];
    if (path[0] == '/') return fails(path, needs_room);
    ssize_t length = 0;
    if (folder == AT_FDCWD) {
        if (!getcwd(full, PATH_MAX)) return 0;
        length = strlen(full);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = readlink(link, full, PATH_MAX - 1);
        if (length < 0) return 0;
    }
    snprintf(full + length, sizeof full - length, "/%s", path);
    return fails(full, needs_room);
}

static int fails_fd(int file, int needs_room) {
    char path[PATH_MAX], link[64];
    int before = errno;
    if (until < 0 && !below[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path, needs_room);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define BY_FILE(type, name, room, declared, ...)                     \
    type name declared {                                             \
        static __typeof__(&name) real;                               \
        if (!real) real = REAL(name);                                \
        return fails_fd(file, room) ? -1 : real(__VA_ARGS__);        \
    }
#define BY_PATH(name, where, path, room, declared, ...)              \
    int name declared {                                              \
        static __typeof__(&name) real;                               \
        if (!real) real = REAL(name);                                \
        return fails_at(where, path, room) ? -1 : real(__VA_ARGS__); \
    }

BY_FILE(ssize_t, write, 1, (int file, const void *data, size_t size), file, data, size)
BY_FILE(ssize_t, pwrite, 1, (int file, const void *data, size_t size, off_t at), file, data, size, at)
BY_FILE(ssize_t, pwrite64, 1, (int file, const void *data, size_t size, off64_t at), file, data, size, at)
BY_FILE(ssize_t, writev, 1, (int file, const struct iovec *data, int count), file, data, count)
BY_FILE(int, fsync, 0, (int file), file)
BY_FILE(int, fdatasync, 0, (int file), file)
BY_FILE(int, ftruncate, 0, (int file, off_t size), file, size)
BY_FILE(int, ftruncate64, 0, (int file, off64_t size), file, size)
BY_FILE(int, posix_fallocate, 1, (int file, off_t at, off_t size), file, at, size)
BY_FILE(int, posix_fallocate64, 1, (int file, off64_t at, off64_t size), file, at, size)
BY_PATH(unlink, AT_FDCWD, path, 0, (const char *path), path)
BY_PATH(unlinkat, folder, path, 0, (int folder, const char *path, int flags), folder, path, flags)
BY_PATH(rmdir, AT_FDCWD, path, 0, (const char *path), path)
BY_PATH(mkdir, AT_FDCWD, path, 1, (const char *path, mode_t mode), path, mode)
BY_PATH(rename, AT_FDCWD, to, 0, (const char *from, const char *to), from, to)
BY_PATH(renameat, place, to, 0, (int folder, const char *from, int place, const char *to), folder, from, place, to)
BY_PATH(link, AT_FDCWD, to, 1, (const char *from, const char *to), from, to)
BY_PATH(linkat, place, to, 1, (int folder, const char *from, int place, const char *to, int flags), folder, from,
        place, to, flags)

static int is_made(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }

#define OPENING(name, where, declared, ...)                          \
    int name declared {                                              \
        static __typeof__(&name) real;                               \
        va_list rest;                                                \
        mode_t mode = 0;                                             \
        if (!real) real = REAL(name);                                \
        if (flags & O_CREAT) {                                       \
            va_start(rest, flags);                                   \
            mode = va_arg(rest, mode_t);                             \
            va_end(rest);                                            \
        }                                                            \
        if (is_made(flags) && fails_at(where, path, 1)) return -1;   \
        return real(__VA_ARGS__);                                    \
    }

OPENING(open, AT_FDCWD, (const char *path, int flags, ...), path, flags, mode)
OPENING(open64, AT_FDCWD, (const char *path, int flags, ...), path, flags, mode)
OPENING(openat, folder, (int folder, const char *path, int flags, ...), folder, path, flags, mode)
OPENING(openat64, folder, (int folder, const char *path, int flags, ...), folder, path, flags, mode)
