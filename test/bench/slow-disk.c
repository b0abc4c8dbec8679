/* Loaded before the C library, it makes every fsync take SLOW_SYNC_MS longer, as a slow disk would. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int slowly(long call, int descriptor) {
  const char *milliseconds = getenv("SLOW_SYNC_MS");
  int outcome = syscall(call, descriptor);
  if (milliseconds) usleep(atoi(milliseconds) * 1000);
  return outcome;
}

int fsync(int descriptor) { return slowly(SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return slowly(SYS_fdatasync, descriptor); }
