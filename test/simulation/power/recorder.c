/*
 * Loaded before the C library, it writes down what a program does to one database file and its WAL: every write with its
 * bytes once it is done, and when each sync began and ended. DISK_FILE is the database, DISK_LOG where it is noted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* As crash-images.ts reads it. */
enum { WRITE = 1, TRUNCATE = 2, FSYNC = 3, FDATASYNC = 4, SYNC_DONE = 5 };
struct entry {
  uint32_t kind;
  uint32_t file; /* 0 the database, 1 its WAL */
  uint64_t place; /* offset of a write, new size, or number of a sync */
  uint64_t length;
};

static int log_descriptor = -1;
static atomic_ulong syncs;

/* The file that a descriptor stands for, -1 when it is neither. */
static int file_of(int descriptor) {
  static char const *database;
  char link[64], path[4096];
  if (!database && !(database = getenv("DISK_FILE"))) return -1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return -1;
  path[length] = 0;
  size_t prefix = strlen(database);
  if (strncmp(path, database, prefix)) return -1;
  return !path[prefix] ? 0 : !strcmp(path + prefix, "-wal") ? 1 : -1;
}

/* One write each, which O_APPEND keeps whole. */
static void note(uint32_t kind, int file, uint64_t place, void const *bytes, uint64_t length) {
  if (log_descriptor < 0)
    log_descriptor = syscall(SYS_openat, AT_FDCWD, getenv("DISK_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  struct entry entry = {kind, (uint32_t)file, place, length};
  struct iovec parts[2] = {{&entry, sizeof entry}, {(void *)bytes, length}};
  ssize_t written = syscall(SYS_writev, log_descriptor, parts, length ? 2 : 1);
  if (written != (ssize_t)(sizeof entry + length)) abort();
}

ssize_t pwrite64(int descriptor, void const *bytes, size_t length, off_t offset) {
  ssize_t written = syscall(SYS_pwrite64, descriptor, bytes, length, offset);
  int file = written > 0 ? file_of(descriptor) : -1;
  if (file >= 0) note(WRITE, file, offset, bytes, written);
  return written;
}
ssize_t pwrite(int descriptor, void const *bytes, size_t length, off_t offset) {
  return pwrite64(descriptor, bytes, length, offset);
}

int ftruncate64(int descriptor, off_t length) {
  int outcome = syscall(SYS_ftruncate, descriptor, length);
  int file = outcome == 0 ? file_of(descriptor) : -1;
  if (file >= 0) note(TRUNCATE, file, length, 0, 0);
  return outcome;
}
int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

/* What was written before a sync began is on disk when it has ended. */
static int synced(uint32_t kind, long call, int descriptor) {
  int file = file_of(descriptor);
  uint64_t number = file < 0 ? 0 : atomic_fetch_add(&syncs, 1) + ((uint64_t)getpid() << 32);
  if (file >= 0) note(kind, file, number, 0, 0);
  int outcome = syscall(call, descriptor);
  if (file >= 0 && outcome == 0) note(SYNC_DONE, file, number, 0, 0);
  return outcome;
}
int fsync(int descriptor) { return synced(FSYNC, SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return synced(FDATASYNC, SYS_fdatasync, descriptor); }
