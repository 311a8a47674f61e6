/*
 * Sends HTTP requests over keep-alive connections and prints what came back as JSON. One thread, epoll.
 *
 *   load --port P --requests FILE --connections N --seconds S [--rate R] [--ramp-ms M] [--frames F] [--timeout-ms T]
 *        [--settle-ms T] [--tell-open]
 *
 * Closed loop without --rate: every connection sends its next request as soon as it has its answer. With --rate, open
 * loop: requests are due at random (Poisson) moments whatever the answers do, and their latency counts from the moment
 * they were due, also where they had to wait for a connection; so a stalled server cannot hide its stall (coordinated
 * omission). --frames is how many numbered frames (frame.h) an event stream must have. --tell-open writes "open" to
 * stderr when every connection has had the first byte of a stream. --settle-ms leaves out of the latencies what was due
 * in the first moments, when all connections are new. SIGTERM ends it before its time, with nothing cut. FILE holds
 * whole requests, each after its length in decimal and a line end; they are sent in turn.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "frame.h"
#include "histogram.h"

#define READ_BYTES (256 * 1024)
#define HEAD_BYTES 4096
#define CARRY_BYTES 1024
#define NANO 1000000000u

enum { CLOSED, CONNECTING, IDLE, SENDING, READING };
enum { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_CLOSE };

typedef struct conn {
  int fd, state, part, status, close_after, is_stream, writable_wanted, had_byte, done_seen, asked;
  uint64_t due, sent_at;
  const char *request;
  size_t request_len, request_sent;
  char *held; /* a head in parts */
  size_t held_len;
  uint64_t left; /* of the body or the chunk */
  char carry[CARRY_BYTES]; /* a frame or a chunk's size in parts */
  size_t carry_len;
  uint32_t frames;
} conn;

static struct {
  int port, connections, frames, tell_open;
  double seconds, rate;
  uint64_t ramp, timeout, settle;
} opt = {.connections = 1, .seconds = 1, .timeout = 30ull * NANO};

static int ep, open_connections, connecting, streams_begun;
static char shared[READ_BYTES + 1], template[FRAME_BYTES + 1];
static conn *conns;
static int *idle, idle_len;
static const char **requests;
static size_t *request_lens, request_count, next_request;
static uint64_t *arrivals, arrivals_head, arrivals_tail, arrivals_cap; /* due, and no connection free */
static histogram latency, first_byte, frame_delay;
static uint64_t started_at, stop_at, last_answer_at, sent, whole, body_bytes, in_flight;
static uint64_t status_counts[600];
static volatile sig_atomic_t told_to_stop;
static struct {
  uint64_t connect, lost, malformed, timeout;
} errors;
static struct {
  uint64_t frames, lost, disordered, changed, unfinished, broken_off, other;
} seen;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void finish(conn *c);
static void fail(conn *c, uint64_t *counter);

static void watch(conn *c, int op, uint32_t events) {
  struct epoll_event e = {.events = events, .data.ptr = c};
  if (epoll_ctl(ep, op, c->fd, &e) < 0) die("epoll_ctl");
}

static void open_connection(conn *c) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket");
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->state = CONNECTING;
  connecting++;
  c->writable_wanted = 1;
  if (connect(c->fd, (struct sockaddr *)&at, sizeof at) < 0 && errno != EINPROGRESS) {
    errors.connect++;
    connecting--;
    close(c->fd);
    c->state = CLOSED;
    return;
  }
  watch(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/* --- requests --- */

static void push_request(conn *c) {
  while (c->request_sent < c->request_len) {
    ssize_t n = send(c->fd, c->request + c->request_sent, c->request_len - c->request_sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      if (!c->writable_wanted) watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      c->writable_wanted = 1;
      return;
    }
    if (n < 0) return fail(c, &errors.lost);
    c->request_sent += (size_t)n;
  }
  if (c->writable_wanted) watch(c, EPOLL_CTL_MOD, EPOLLIN);
  c->writable_wanted = 0;
  if (c->state == SENDING) c->state = READING;
}

static void begin(conn *c, uint64_t due, uint64_t now) {
  c->state = SENDING;
  c->asked = 1;
  c->part = HEAD;
  c->due = due;
  c->sent_at = now;
  c->held_len = c->carry_len = 0;
  c->frames = 0;
  c->had_byte = c->done_seen = c->is_stream = c->status = 0;
  c->request = requests[next_request];
  c->request_len = request_lens[next_request];
  c->request_sent = 0;
  next_request = (next_request + 1) % request_count;
  sent++;
  in_flight++;
  push_request(c);
}

/* A connection is free: the oldest arrival takes it, or in a closed loop the next request. */
static void ready(conn *c, uint64_t now) {
  if (opt.rate > 0) {
    if (arrivals_head < arrivals_tail) return begin(c, arrivals[arrivals_head++ % arrivals_cap], now);
    c->state = IDLE;
    idle[idle_len++] = (int)(c - conns);
    return;
  }
  /* Each asks once, also one that was connected late: streams are counted by their connections. */
  if (now < stop_at || !c->asked) return begin(c, now, now);
  c->state = IDLE;
}

static void arrive(uint64_t due, uint64_t now) {
  if (idle_len > 0) {
    conn *c = &conns[idle[--idle_len]];
    return begin(c, due, now);
  }
  if (arrivals_tail - arrivals_head == arrivals_cap) {
    uint64_t cap = arrivals_cap ? 2 * arrivals_cap : 4096, *more = malloc(cap * sizeof *more);
    if (!more) die("memory");
    for (uint64_t i = arrivals_head; i < arrivals_tail; i++) more[i % cap] = arrivals[i % arrivals_cap];
    free(arrivals);
    arrivals = more;
    arrivals_cap = cap;
  }
  arrivals[arrivals_tail++ % arrivals_cap] = due;
}

/* --- answers --- */

static void on_frame(conn *c, const char *frame, size_t len, uint64_t now) {
  const char *mark = len == FRAME_BYTES && memcmp(frame, template, strlen(FRAME_BEFORE)) == 0
                         ? frame + strlen(FRAME_BEFORE)
                         : memmem(frame, len, FRAME_MARK, strlen(FRAME_MARK));
  uint64_t number, time;
  if (mark && mark < frame + strlen(FRAME_BEFORE)) mark += strlen(FRAME_MARK);
  if (mark && mark + FRAME_DIGITS <= frame + len && get_hex(mark, 8, &number) && get_hex(mark + 8, 16, &time)) {
    size_t rest = strlen(FRAME_BEFORE) + FRAME_DIGITS;
    if (len != FRAME_BYTES || mark != frame + strlen(FRAME_BEFORE) ||
        memcmp(frame + rest, template + rest, FRAME_BYTES - rest) != 0)
      seen.changed++;
    if (number != c->frames) seen.disordered++;
    c->frames++;
    seen.frames++;
    record(&frame_delay, now > time ? now - time : 0);
    return;
  }
  if (len >= 12 && memcmp(frame, "data: [DONE]", 12) == 0) c->done_seen = 1;
  else if (memmem(frame, len, "\"error\"", 7)) seen.broken_off++;
  else seen.other++;
}

static void on_stream(conn *c, const char *data, size_t len, uint64_t now) {
  while (len > 0) {
    if (c->carry_len == 0) {
      const char *end = memmem(data, len, "\n\n", 2);
      if (end) {
        size_t n = (size_t)(end - data) + 2;
        on_frame(c, data, n, now);
        data += n;
        len -= n;
        continue;
      }
    }
    /* Half a frame: byte by byte, for that is rare. */
    if (c->carry_len == CARRY_BYTES) {
      seen.other++;
      c->carry_len = 0;
    }
    c->carry[c->carry_len++] = *data++;
    len--;
    if (c->carry_len >= 2 && memcmp(c->carry + c->carry_len - 2, "\n\n", 2) == 0) {
      on_frame(c, c->carry, c->carry_len, now);
      c->carry_len = 0;
    }
  }
}

static void on_body(conn *c, const char *data, size_t len, uint64_t now) {
  if (len == 0) return;
  if (!c->had_byte) {
    c->had_byte = 1;
    if (c->due >= started_at + opt.settle) record(&first_byte, now - c->due);
    if (c->is_stream && opt.tell_open && c->sent_at >= started_at && ++streams_begun == opt.connections)
      fputs("open\n", stderr);
  }
  body_bytes += len;
  if (c->is_stream) on_stream(c, data, len, now);
}

static const char *header(const char *head, const char *name) {
  size_t len = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n"))
    if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
      const char *value = line + 3 + len;
      while (*value == ' ') value++;
      return value;
    }
  return NULL;
}

/* `head` ends with a zero after its empty line. */
static int on_head(conn *c, const char *head) {
  if (strncmp(head, "HTTP/1.1 ", 9) != 0) return 0;
  c->status = atoi(head + 9);
  if (c->status < 200 || c->status > 599) return 0;
  const char *length = header(head, "content-length"), *coding = header(head, "transfer-encoding"),
             *connection = header(head, "connection"), *type = header(head, "content-type");
  c->close_after = connection && strncasecmp(connection, "close", 5) == 0;
  c->is_stream = type && strncasecmp(type, "text/event-stream", 17) == 0;
  int chunked = coding && strncasecmp(coding, "chunked", 7) == 0;
  c->left = length && !chunked ? strtoull(length, NULL, 10) : 0;
  c->part = chunked ? CHUNK_SIZE : length ? LENGTH : UNTIL_CLOSE;
  return 1;
}

static void on_bytes(conn *c, char *data, size_t len, uint64_t now) {
  if (c->part == HEAD) {
    char *head = data;
    size_t head_len = len;
    if (c->held_len > 0) {
      if (!(head = malloc(c->held_len + len + 1))) die("memory");
      memcpy(head, c->held, c->held_len);
      memcpy(head + c->held_len, data, len);
      head_len = c->held_len + len;
      free(c->held);
      c->held = head;
      c->held_len = head_len;
    }
    char *end = memmem(head, head_len, "\r\n\r\n", 4);
    if (!end) {
      if (head_len > HEAD_BYTES) return fail(c, &errors.malformed);
      if (c->held_len == 0) {
        if (!(c->held = malloc(len))) die("memory");
        memcpy(c->held, data, len);
        c->held_len = len;
      }
      return;
    }
    char kept = end[4];
    end[4] = 0;
    int fine = on_head(c, head);
    end[4] = kept;
    size_t rest = head_len - (size_t)(end - head) - 4;
    data += len - rest;
    len = rest;
    if (c->held_len > 0) free(c->held);
    c->held_len = 0;
    if (!fine) return fail(c, &errors.malformed);
    if (c->part == LENGTH && c->left == 0) return finish(c);
  }
  while (len > 0) {
    size_t n = len;
    switch (c->part) {
      case UNTIL_CLOSE:
        return on_body(c, data, len, now);
      case LENGTH:
      case CHUNK_DATA:
        if (n > c->left) n = c->left;
        on_body(c, data, n, now);
        c->left -= n;
        if (c->left > 0) break;
        if (c->part == LENGTH) return n == len ? finish(c) : fail(c, &errors.malformed);
        c->part = CHUNK_END;
        c->held_len = 0;
        break;
      case CHUNK_END: /* the line end after a chunk */
        if (*data != '\r' && *data != '\n') return fail(c, &errors.malformed);
        if (*data == '\n') c->part = CHUNK_SIZE;
        n = 1;
        break;
      case CHUNK_SIZE: {
        for (n = 0; n < len && data[n] != '\n'; n++) {
          uint64_t digit;
          if (data[n] == '\r') continue;
          if (!get_hex(&data[n], 1, &digit)) {
            if (data[n] < 'A' || data[n] > 'F') return fail(c, &errors.malformed);
            digit = (uint64_t)(data[n] - 'A' + 10);
          }
          c->left = c->left << 4 | digit;
        }
        if (n == len) break; /* the size goes on in the next read */
        n++;
        c->part = c->left == 0 ? TRAILER : CHUNK_DATA;
        break;
      }
      case TRAILER: /* no proxy here sends one: only the empty line */
        if (*data != '\r' && *data != '\n') return fail(c, &errors.malformed);
        if (*data == '\n') return len == 1 ? finish(c) : fail(c, &errors.malformed);
        n = 1;
        break;
    }
    data += n;
    len -= n;
  }
}

static void settle_stream(conn *c) {
  if (c->is_stream && !c->done_seen) seen.unfinished++;
  /* What is no stream at all, an error or a cut before the head, has lost all of them. */
  if (opt.frames > 0 && c->frames < (uint32_t)opt.frames) seen.lost += (uint32_t)opt.frames - c->frames;
}

static void close_connection(conn *c) {
  close(c->fd);
  if (c->held_len > 0) free(c->held);
  c->held_len = 0;
  c->state = CLOSED;
  open_connections--;
}

static void finish(conn *c) {
  uint64_t now = now_ns();
  in_flight--;
  whole++;
  status_counts[c->status]++;
  if (c->due >= started_at + opt.settle) record(&latency, now - c->due);
  settle_stream(c);
  last_answer_at = now;
  if (c->close_after) {
    close_connection(c);
    if (now < stop_at || arrivals_head < arrivals_tail) open_connection(c);
    return;
  }
  ready(c, now);
}

static void fail(conn *c, uint64_t *counter) {
  (*counter)++;
  in_flight--;
  settle_stream(c);
  close_connection(c);
  if (now_ns() < stop_at || arrivals_head < arrivals_tail) open_connection(c);
}

static void on_end(conn *c) {
  if (c->state == IDLE) { /* an idle connection may end at any time; it is only replaced */
    for (int i = 0; i < idle_len; i++)
      if (idle[i] == (int)(c - conns)) idle[i--] = idle[--idle_len];
    close_connection(c);
    if (now_ns() < stop_at) open_connection(c);
    return;
  }
  if (c->part == UNTIL_CLOSE && c->state == READING) {
    c->close_after = 1;
    return finish(c);
  }
  fail(c, &errors.lost);
}

static void on_event(conn *c, uint32_t events) {
  if (c->state == CONNECTING) {
    connecting--;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0 || events & EPOLLHUP) {
      errors.connect++;
      close(c->fd);
      c->state = CLOSED;
      return;
    }
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
    c->writable_wanted = 0;
    open_connections++;
    /* In an open loop connections come first, the clock afterwards. */
    return ready(c, now_ns());
  }
  if (c->state == CLOSED) return;
  if (events & EPOLLOUT && c->state == SENDING) push_request(c);
  if (c->state == CLOSED || c->state == CONNECTING || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  ssize_t n = recv(c->fd, shared, READ_BYTES, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return on_end(c);
  if (c->state == IDLE) return on_end(c);
  if (c->state == SENDING) c->state = READING; /* an answer before the whole request was sent */
  on_bytes(c, shared, (size_t)n, now_ns());
}

/* --- running --- */

static uint64_t gap(void) {
  static uint64_t x = 88172645463325252ull; /* the same arrivals for every proxy */
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return (uint64_t)(-log(((double)(x >> 11) + 1) / 9007199254740993.0) * NANO / opt.rate);
}

static void turn(uint64_t until) {
  static struct epoll_event events[512];
  uint64_t now = now_ns(), left = until > now ? until - now : 0;
  if (left > NANO / 10) left = NANO / 10;
  struct timespec wait = {.tv_sec = 0, .tv_nsec = (long)left};
  int n = epoll_pwait2(ep, events, 512, &wait, NULL);
  if (n < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < n; i++) on_event(events[i].data.ptr, events[i].events);
}

static void expire(void) {
  static uint64_t next;
  uint64_t now = now_ns();
  if (now < next) return;
  next = now + NANO / 10;
  for (int i = 0; i < opt.connections; i++) {
    conn *c = &conns[i];
    if ((c->state == SENDING || c->state == READING) && now - c->sent_at > opt.timeout) fail(c, &errors.timeout);
  }
}

static void read_requests(const char *file) {
  int fd = open(file, O_RDONLY);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) < 0) die(file);
  char *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0), *end = at + info.st_size;
  if (at == MAP_FAILED) die(file);
  while (at < end) {
    char *text;
    size_t len = strtoull(at, &text, 10);
    if (text == at || *text != '\n' || text + 1 + len > end) {
      fprintf(stderr, "load: %s is no file of requests\n", file);
      exit(64);
    }
    requests = realloc(requests, (request_count + 1) * sizeof *requests);
    request_lens = realloc(request_lens, (request_count + 1) * sizeof *request_lens);
    if (!requests || !request_lens) die("memory");
    requests[request_count] = text + 1;
    request_lens[request_count++] = len;
    at = text + 1 + len;
  }
  if (request_count == 0) exit(64);
}

static void on_term(int number) {
  (void)number;
  told_to_stop = 1;
}

static void run_closed(void) {
  started_at = now_ns();
  stop_at = started_at + (uint64_t)(opt.seconds * NANO);
  int begun = 0;
  for (;;) {
    uint64_t now = now_ns();
    if (told_to_stop && now < stop_at) stop_at = now;
    for (int turns = 0; begun < opt.connections && turns < 64; turns++) {
      if (now < started_at + (uint64_t)begun * opt.ramp / (uint64_t)opt.connections) break;
      open_connection(&conns[begun++]);
    }
    if (now >= stop_at && begun == opt.connections && connecting == 0 && in_flight == 0) return;
    if (now > stop_at && now - stop_at > opt.ramp + opt.timeout) {
      errors.connect += (uint64_t)connecting;
      errors.timeout += in_flight;
      return;
    }
    turn(begun < opt.connections ? started_at + (uint64_t)begun * opt.ramp / (uint64_t)opt.connections
                                 : now < stop_at ? stop_at : now + NANO);
    expire();
  }
}

static void run_open(void) {
  stop_at = UINT64_MAX;
  for (int i = 0; i < opt.connections; i++) open_connection(&conns[i]);
  uint64_t patience = now_ns() + opt.timeout;
  while (open_connections < opt.connections && errors.connect == 0 && now_ns() < patience) turn(now_ns() + NANO / 10);
  started_at = now_ns();
  stop_at = started_at + (uint64_t)(opt.seconds * NANO);
  for (uint64_t due = started_at + gap();;) {
    uint64_t now = now_ns();
    if (told_to_stop && now < stop_at) stop_at = now;
    for (; due <= now && due < stop_at; due += gap()) arrive(due, now);
    if (due >= stop_at && in_flight == 0 && arrivals_head == arrivals_tail) return;
    /* Nobody answers any more: what waits is counted as lost. */
    if (now > stop_at && now - stop_at > opt.timeout) {
      errors.timeout += arrivals_tail - arrivals_head + in_flight;
      return;
    }
    turn(due < stop_at ? due : now + NANO / 10);
    expire();
  }
}

static void print_result(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  uint64_t end = last_answer_at > started_at ? last_answer_at : stop_at;
  printf("{\"sent\":%lu,\"whole\":%lu,\"seconds\":%.6f,\"cpuSeconds\":%.3f,\"bodyBytes\":%lu,\"statuses\":{", sent, whole,
         (double)(end - started_at) / 1e9, cpu, body_bytes);
  for (int i = 0, any = 0; i < 600; i++)
    if (status_counts[i]) printf("%s\"%d\":%lu", any++ ? "," : "", i, status_counts[i]);
  printf("},\"errors\":{\"connect\":%lu,\"lost\":%lu,\"malformed\":%lu,\"timeout\":%lu},", errors.connect, errors.lost,
         errors.malformed, errors.timeout);
  printf("\"stream\":{\"frames\":%lu,\"lost\":%lu,\"disordered\":%lu,\"changed\":%lu,\"unfinished\":%lu,"
         "\"brokenOff\":%lu,\"other\":%lu},",
         seen.frames, seen.lost, seen.disordered, seen.changed, seen.unfinished, seen.broken_off, seen.other);
  print_histogram("latencyUs", &latency);
  printf(",");
  print_histogram("firstByteUs", &first_byte);
  printf(",");
  print_histogram("frameDelayUs", &frame_delay);
  printf("}\n");
}

int main(int argc, char **argv) {
  static const struct option known[] = {
      {"port", 1, 0, 'p'},    {"requests", 1, 0, 'q'}, {"connections", 1, 0, 'c'}, {"seconds", 1, 0, 's'}, {"rate", 1, 0, 'r'},
      {"ramp-ms", 1, 0, 'm'}, {"frames", 1, 0, 'f'},   {"timeout-ms", 1, 0, 't'},  {"tell-open", 0, 0, 'o'},
      {"settle-ms", 1, 0, 'e'}, {0}};
  const char *file = NULL;
  for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    if (o == 'p') opt.port = atoi(optarg);
    else if (o == 'q') file = optarg;
    else if (o == 'c') opt.connections = atoi(optarg);
    else if (o == 's') opt.seconds = atof(optarg);
    else if (o == 'r') opt.rate = atof(optarg);
    else if (o == 'm') opt.ramp = strtoull(optarg, NULL, 10) * 1000000u;
    else if (o == 'f') opt.frames = atoi(optarg);
    else if (o == 't') opt.timeout = strtoull(optarg, NULL, 10) * 1000000u;
    else if (o == 'o') opt.tell_open = 1;
    else if (o == 'e') opt.settle = strtoull(optarg, NULL, 10) * 1000000u;
    else return 64;
  }
  if (!file || opt.port <= 0 || opt.connections <= 0) return fprintf(stderr, "load: --port and --requests\n"), 64;
  signal(SIGTERM, on_term);
  prctl(PR_SET_TIMERSLACK, 1);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  frame_template(template);
  read_requests(file);
  conns = calloc((size_t)opt.connections, sizeof *conns);
  idle = calloc((size_t)opt.connections, sizeof *idle);
  if (!conns || !idle || (ep = epoll_create1(EPOLL_CLOEXEC)) < 0) die("start");
  if (opt.rate > 0) run_open();
  else run_closed();
  print_result();
}
