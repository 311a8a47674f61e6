/* The frame of a stream as the mock writes it and the load generator expects it back: 200 bytes, numbered and timed. */
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FRAME_BYTES 200
#define FRAME_BEFORE                                                                                      \
  "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\"," \
  "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@"
#define FRAME_AFTER "\"},\"finish_reason\":null}]}\n\n"
#define FRAME_MARK "\"content\":\"@"
#define FRAME_DIGITS 24 /* eight of the number, sixteen of the time, hexadecimal */

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t); /* one clock for all processes of a machine */
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void frame_template(char frame[FRAME_BYTES + 1]) {
  size_t before = strlen(FRAME_BEFORE), after = strlen(FRAME_AFTER);
  memset(frame, '.', FRAME_BYTES);
  memcpy(frame, FRAME_BEFORE, before);
  memset(frame + before, '0', FRAME_DIGITS);
  memcpy(frame + FRAME_BYTES - after, FRAME_AFTER, after);
  frame[FRAME_BYTES] = 0;
}

static inline void put_hex(char *at, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
}

static inline int get_hex(const char *at, int digits, uint64_t *value) {
  uint64_t v = 0;
  for (int i = 0; i < digits; i++) {
    char c = at[i];
    int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (d < 0) return 0;
    v = v << 4 | (uint64_t)d;
  }
  *value = v;
  return 1;
}

#endif
