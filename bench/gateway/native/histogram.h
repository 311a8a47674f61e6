/* Counts of durations in buckets less than one percent wide, from 1 ns to centuries. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define FINE 7 /* bits: 128 buckets for each doubling */
#define BUCKETS ((64 - FINE + 1) << FINE)

typedef struct {
  uint64_t count, sum, min, max, bucket[BUCKETS];
} histogram;

static inline unsigned bucket_of(uint64_t value) {
  if (value < (1u << FINE)) return (unsigned)value;
  unsigned shift = 63u - (unsigned)__builtin_clzll(value) - FINE;
  return ((shift + 1) << FINE) + (unsigned)((value >> shift) & ((1u << FINE) - 1));
}

/* The middle of a bucket. */
static inline double value_of(unsigned bucket) {
  if (bucket < (2u << FINE)) return bucket;
  unsigned shift = (bucket >> FINE) - 1;
  uint64_t low = (uint64_t)((1u << FINE) + (bucket & ((1u << FINE) - 1))) << shift;
  return (double)low + (double)((uint64_t)1 << shift) / 2;
}

static inline void record(histogram *h, uint64_t value) {
  h->bucket[bucket_of(value)]++;
  if (h->count++ == 0 || value < h->min) h->min = value;
  if (value > h->max) h->max = value;
  h->sum += value;
}

static inline double quantile_of(const histogram *h, double share) {
  uint64_t wanted = (uint64_t)(share * (double)h->count + 0.999999), seen = 0;
  if (wanted < 1) wanted = 1;
  for (unsigned i = 0; i < BUCKETS; i++)
    if ((seen += h->bucket[i]) >= wanted) return value_of(i);
  return (double)h->max;
}

/* In microseconds; null where nothing was recorded, for no data is not zero. */
static inline void print_histogram(const char *name, const histogram *h) {
  if (h->count == 0) {
    printf("\"%s\":null", name);
    return;
  }
  printf("\"%s\":{\"count\":%lu,\"mean\":%.2f,\"min\":%.2f,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f}",
         name, h->count, (double)h->sum / (double)h->count / 1e3, (double)h->min / 1e3, quantile_of(h, 0.5) / 1e3,
         quantile_of(h, 0.9) / 1e3, quantile_of(h, 0.99) / 1e3, quantile_of(h, 0.999) / 1e3, (double)h->max / 1e3);
}

#endif
