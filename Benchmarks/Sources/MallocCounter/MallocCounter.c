// Counts the allocations of a program that this library is loaded before, by LD_PRELOAD.
//
// The count is the first eight bytes of the file that MALLOC_COUNTER names, mapped into memory: who
// wants to know reads the file, whenever they like. A reallocation counts as an allocation.

#if defined(__linux__)

#define _GNU_SOURCE
#include "MallocCounter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own, under the names by which interposed functions may call them.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t unmapped;
static _Atomic uint64_t *allocations = &unmapped;

__attribute__((constructor)) static void map_counter(void) {
  const char *path = getenv("MALLOC_COUNTER");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) {
    return;
  }
  void *page = MAP_FAILED;
  if (ftruncate(file, sizeof(uint64_t)) == 0) {
    page = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (page != MAP_FAILED) {
    allocations = page;
  }
  close(file);
}

static void count_allocation(void) {
  atomic_fetch_add_explicit(allocations, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  count_allocation();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  count_allocation();
  return __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size) {
  count_allocation();
  return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  void *memory = memalign(alignment, size);
  if (memory == NULL) {
    return ENOMEM;
  }
  *pointer = memory;
  return 0;
}

#endif
