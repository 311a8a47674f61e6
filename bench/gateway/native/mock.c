/*
 * Stands for an inference engine, as cheaply as a program can: one thread, epoll, keep-alive.
 *
 *   mock PORTS [BASE]      listens on PORTS ports of 127.0.0.1 (free ones, or from BASE on) and prints them as JSON
 *
 * POST of anything is a completion. Its body says what comes back, in fields that no proxy touches:
 *   "stream":true          server-sent events of 200 bytes (frame.h), then the usage chunk if asked for, then [DONE]
 *   "max_tokens":N         frames of a stream (64 unless said); an ordinary answer always has 40 tokens
 *   "mock_interval_us":N   between frames (20000 unless said)
 *   "mock_first_us":N      before the first frame or the answer (0 unless said)
 * The first and the last 512 bytes of a body are searched for them. GET: /health, /metrics, /v1/models and /stats,
 * which tells what was really generated: the truth that any metering has to meet.
 *
 * Signals make it misbehave, from SIGRTMIN on: +0 well again, +1 every connection is reset, also new ones, +2 half-open:
 * connections stay and nothing ever comes on them any more, +3 completions are answered with 500, +4 with 2 s more before
 * the first frame. /health answers well in the last two.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "frame.h"

#define ANSWER_BYTES 475
#define EDGE 512
#define MAX_HEAD 65536
#define READ_BYTES (256 * 1024)
#define FIXED_PROMPT 120
#define FIXED_COMPLETION 40

enum { HEAD, BODY, ANSWERING };
enum { WELL, RESETTING, HALF_OPEN, FAILING, SLOW };
#define SLOW_NS 2000000000u

typedef struct conn {
  int fd, state, close_after, writable_wanted, is_get, dead;
  char *head; /* a request head that came in parts, NULL mostly */
  size_t head_len, head_cap;
  size_t body_len, body_left;
  char edge[2 * EDGE + 1]; /* the first and the last bytes of the body */
  size_t edge_len;
  char path[64];
  char *out; /* what the socket did not take yet */
  size_t out_len, out_cap;
  long heap_at; /* place among the timers, -1 for none */
  uint64_t due, interval;
  uint32_t frame, frames;
  int streaming, begun, ask_usage, prompt;
  int lost; /* the other side would wait for ever */
  struct conn *next_dead, *next, *previous;
} conn;

static int ep;
static char shared[READ_BYTES];
static char template[FRAME_BYTES + 1];
static char whole[2048];
static size_t whole_len;
static conn **heap, *dead_list, *all;
static volatile sig_atomic_t fault;
static long heap_len, heap_cap;
static struct {
  uint64_t requests, streams, aborted, frames, prompt, completion, open_streams, running;
} stats;

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* --- timers: a binary heap by due time --- */

static void heap_place(long at, conn *c) {
  heap[at] = c;
  c->heap_at = at;
}

static void heap_up(long at) {
  conn *c = heap[at];
  for (; at > 0 && heap[(at - 1) / 2]->due > c->due; at = (at - 1) / 2) heap_place(at, heap[(at - 1) / 2]);
  heap_place(at, c);
}

static void heap_down(long at) {
  conn *c = heap[at];
  for (;;) {
    long child = 2 * at + 1;
    if (child >= heap_len) break;
    if (child + 1 < heap_len && heap[child + 1]->due < heap[child]->due) child++;
    if (heap[child]->due >= c->due) break;
    heap_place(at, heap[child]);
    at = child;
  }
  heap_place(at, c);
}

static void timer_add(conn *c) {
  if (heap_len == heap_cap && !(heap = realloc(heap, (size_t)(heap_cap = heap_cap ? 2 * heap_cap : 1024) * sizeof *heap)))
    die("timers");
  heap_place(heap_len++, c);
  heap_up(c->heap_at);
}

static void timer_remove(conn *c) {
  long at = c->heap_at;
  if (at < 0) return;
  c->heap_at = -1;
  conn *last = heap[--heap_len];
  if (last == c) return;
  heap_place(at, last);
  heap_up(at);
  heap_down(last->heap_at);
}

/* --- connections --- */

static void watch(conn *c, int op, uint32_t events) {
  struct epoll_event e = {.events = events, .data.ptr = c};
  if (epoll_ctl(ep, op, c->fd, &e) < 0) die("epoll_ctl");
}

static void abort_answer(conn *c) {
  if (c->state == ANSWERING) {
    stats.aborted++;
    stats.running--;
    if (c->streaming) stats.open_streams--;
  }
  timer_remove(c);
}

static void drop(conn *c) {
  if (c->dead) return;
  abort_answer(c);
  if (c->next) c->next->previous = c->previous;
  if (c->previous) c->previous->next = c->next;
  else all = c->next;
  close(c->fd);
  c->dead = 1; /* freed after this turn: the same turn may hold another event of it */
  c->next_dead = dead_list;
  dead_list = c;
}

static void bury(void) {
  while (dead_list) {
    conn *c = dead_list;
    dead_list = c->next_dead;
    free(c->head);
    free(c->out);
    free(c);
  }
}

static void emit(conn *c, const char *bytes, size_t len) {
  if (c->dead) return;
  if (c->out_len == 0) {
    ssize_t sent = send(c->fd, bytes, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return drop(c);
    if (sent < 0) sent = 0;
    if ((size_t)sent == len) return;
    bytes += sent;
    len -= (size_t)sent;
  }
  if (c->out_len + len > c->out_cap && !(c->out = realloc(c->out, c->out_cap = 2 * (c->out_len + len)))) die("memory");
  memcpy(c->out + c->out_len, bytes, len);
  c->out_len += len;
  if (!c->writable_wanted) watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  c->writable_wanted = 1;
}

static void flush_out(conn *c) {
  ssize_t sent = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return drop(c);
  if (sent > 0) memmove(c->out, c->out + sent, c->out_len -= (size_t)sent);
  if (c->out_len > 0) return;
  if (c->close_after && c->state == HEAD) return drop(c);
  watch(c, EPOLL_CTL_MOD, EPOLLIN);
  c->writable_wanted = 0;
}

/* --- answers --- */

static void end_request(conn *c) {
  stats.running--;
  if (c->streaming) stats.open_streams--;
  c->state = HEAD;
  c->streaming = 0;
  if (c->close_after && c->out_len == 0) {
    shutdown(c->fd, SHUT_WR);
    drop(c);
  }
}

static size_t chunk(char *to, const char *data, size_t len) {
  size_t n = (size_t)sprintf(to, "%zx\r\n", len);
  memcpy(to + n, data, len);
  memcpy(to + n + len, "\r\n", 2);
  return n + len + 2;
}

static void end_stream(conn *c) {
  char out[1024], usage[512];
  size_t n = 0;
  if (c->ask_usage) {
    int len = sprintf(usage,
                      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                      "\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%u,\"total_tokens\":%u}}\n\n",
                      c->prompt, c->frames, (unsigned)c->prompt + c->frames);
    n += chunk(out, usage, (size_t)len);
  }
  n += chunk(out + n, "data: [DONE]\n\n", 14);
  memcpy(out + n, "0\r\n\r\n", 5);
  emit(c, out, n + 5);
  if (!c->dead) end_request(c);
}

static const char stream_head[] =
    "HTTP/1.1 200 OK\r\nserver: mock\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    "transfer-encoding: chunked\r\n\r\n";

static void next_frame(conn *c) {
  char out[sizeof stream_head + 16 + FRAME_BYTES];
  size_t n = 0;
  if (!c->begun) {
    n = sizeof stream_head - 1;
    memcpy(out, stream_head, n);
    c->begun = 1;
  }
  n += chunk(out + n, template, FRAME_BYTES);
  char *digits = out + n - 2 - FRAME_BYTES + strlen(FRAME_BEFORE);
  put_hex(digits, c->frame, 8);
  put_hex(digits + 8, now_ns(), 16);
  c->frame++;
  stats.frames++;
  stats.completion++;
  emit(c, out, n);
  if (c->dead) return;
  if (c->frame == c->frames) return end_stream(c);
  c->due += c->interval;
  timer_add(c);
}

static void plain(conn *c, const char *type, const char *body) {
  char out[2048];
  int n = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\nserver: mock\r\ncontent-type: %s\r\ncontent-length: %zu\r\n\r\n%s", type,
                   strlen(body), body);
  emit(c, out, (size_t)n);
}

static void answer_get(conn *c) {
  char body[1024];
  if (strcmp(c->path, "/stats") == 0) {
    snprintf(body, sizeof body,
             "{\"requests\":%lu,\"streams\":%lu,\"aborted\":%lu,\"frames\":%lu,\"promptTokens\":%lu,"
             "\"completionTokens\":%lu,\"openStreams\":%lu}",
             stats.requests, stats.streams, stats.aborted, stats.frames, stats.prompt, stats.completion,
             stats.open_streams);
    return plain(c, "application/json", body);
  }
  if (strcmp(c->path, "/metrics") == 0) {
    snprintf(body, sizeof body,
             "vllm:num_requests_running %lu\nvllm:num_requests_waiting 0\nvllm:kv_cache_usage_perc 0.1\n", stats.running);
    return plain(c, "text/plain; version=0.0.4", body);
  }
  if (strcmp(c->path, "/v1/models") == 0)
    return plain(c, "application/json", "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\"}]}");
  plain(c, "text/plain", "");
}

static void answer_whole(conn *c) {
  stats.prompt += FIXED_PROMPT;
  stats.completion += FIXED_COMPLETION;
  emit(c, whole, whole_len);
  if (!c->dead) end_request(c);
}

static void answer_failure(conn *c) {
  static const char failure[] =
      "HTTP/1.1 500 Internal Server Error\r\nserver: mock\r\ncontent-type: application/json\r\ncontent-length: 77\r\n\r\n"
      "{\"error\":{\"message\":\"dead\",\"type\":\"EngineDeadError\",\"param\":null,\"code\":500}}";
  c->state = HEAD;
  emit(c, failure, sizeof failure - 1);
}

static uint64_t number_after(const char *text, const char *name, uint64_t otherwise) {
  const char *at = strstr(text, name);
  if (!at) return otherwise;
  for (at += strlen(name); *at == ' ' || *at == ':'; at++) {}
  return *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : otherwise;
}

static int is_true(const char *text, const char *name) {
  const char *at = strstr(text, name);
  if (!at) return 0;
  for (at += strlen(name); *at == ' ' || *at == ':'; at++) {}
  return strncmp(at, "true", 4) == 0;
}

static void answer(conn *c) {
  if (c->is_get) {
    c->state = HEAD;
    return answer_get(c);
  }
  if (fault == FAILING) return answer_failure(c);
  c->edge[c->edge_len] = 0;
  c->state = ANSWERING;
  stats.requests++;
  stats.running++;
  uint64_t first = number_after(c->edge, "\"mock_first_us\"", 0) * 1000;
  if (fault == SLOW) first += SLOW_NS;
  c->streaming = is_true(c->edge, "\"stream\"");
  if (c->streaming) {
    stats.streams++;
    stats.open_streams++;
    c->begun = 0;
    c->frame = 0;
    c->frames = (uint32_t)number_after(c->edge, "\"max_tokens\"", 64);
    if (c->frames == 0) c->frames = 1;
    c->interval = number_after(c->edge, "\"mock_interval_us\"", 20000) * 1000;
    c->ask_usage = is_true(c->edge, "\"include_usage\"");
    c->prompt = (int)(c->body_len / 4);
    stats.prompt += (uint64_t)c->prompt;
  } else if (first == 0) {
    return answer_whole(c);
  }
  c->due = now_ns() + first;
  if (c->streaming && first == 0) return next_frame(c);
  timer_add(c);
}

/* --- requests --- */

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

static int read_head(conn *c, char *head) {
  c->is_get = strncmp(head, "GET ", 4) == 0;
  if (!c->is_get && strncmp(head, "POST ", 5) != 0) return 0;
  const char *path = strchr(head, ' ') + 1;
  size_t len = strcspn(path, " ?");
  if (len >= sizeof c->path) len = sizeof c->path - 1;
  memcpy(c->path, path, len);
  c->path[len] = 0;
  const char *line_end = strstr(head, "\r\n"), *length = header(head, "content-length"),
             *connection = header(head, "connection");
  if (header(head, "transfer-encoding")) return 0;
  c->close_after = (connection && strncasecmp(connection, "close", 5) == 0) || line_end[-1] == '0';
  c->body_len = c->body_left = length ? strtoull(length, NULL, 10) : 0;
  c->edge_len = 0;
  return 1;
}

static void keep_edges(conn *c, const char *data, size_t len) {
  if (c->edge_len < EDGE) {
    size_t n = len < EDGE - c->edge_len ? len : EDGE - c->edge_len;
    memcpy(c->edge + c->edge_len, data, n);
    c->edge_len += n;
    data += n;
    len -= n;
  }
  if (len == 0) return;
  char *tail = c->edge + EDGE;
  size_t have = c->edge_len - EDGE;
  if (len >= EDGE) {
    memcpy(tail, data + len - EDGE, EDGE);
    c->edge_len = 2 * EDGE;
    return;
  }
  size_t keep = have + len > EDGE ? EDGE - len : have;
  memmove(tail, tail + have - keep, keep);
  memcpy(tail + keep, data, len);
  c->edge_len = EDGE + keep + len;
}

static void refuse(conn *c) {
  static const char no[] = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
  emit(c, no, sizeof no - 1);
  drop(c);
}

/* Takes bytes of a request; they end with a zero that may be overwritten. */
static void take(conn *c, char *data, size_t len) {
  while (len > 0 && !c->dead) {
    if (c->state == ANSWERING) return refuse(c); /* pipelined: no proxy here does that */
    if (c->state == BODY) {
      size_t n = len < c->body_left ? len : c->body_left;
      keep_edges(c, data, n);
      c->body_left -= n;
      data += n;
      len -= n;
      if (c->body_left == 0) answer(c);
      continue;
    }
    char *head = data;
    size_t head_len = len;
    if (c->head_len > 0) {
      if (c->head_len + len > MAX_HEAD + READ_BYTES) return refuse(c);
      if (c->head_len + len + 1 > c->head_cap && !(c->head = realloc(c->head, c->head_cap = c->head_len + len + 1)))
        die("memory");
      memcpy(c->head + c->head_len, data, len);
      head = c->head;
      head_len = c->head_len += len;
    }
    char *end = memmem(head, head_len, "\r\n\r\n", 4);
    if (!end) {
      if (head_len > MAX_HEAD) return refuse(c);
      if (c->head_len == 0) {
        if (len + 1 > c->head_cap && !(c->head = realloc(c->head, c->head_cap = len + 1))) die("memory");
        memcpy(c->head, data, len);
        c->head_len = len;
      }
      return;
    }
    size_t used = (size_t)(end - head) + 4, rest = head_len - used;
    char kept = end[4];
    end[4] = 0;
    int readable = read_head(c, head);
    end[4] = kept;
    if (!readable) return refuse(c);
    c->head_len = 0;
    data += len - rest;
    len = rest;
    c->state = BODY;
    if (c->body_left == 0) answer(c);
  }
}

static void on_readable(conn *c) {
  ssize_t n = recv(c->fd, shared, READ_BYTES - 1, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return drop(c);
  if (c->lost) return;
  shared[n] = 0;
  take(c, shared, (size_t)n);
}

/* --- faults --- */

static void on_signal(int number) {
  fault = number - SIGRTMIN;
}

/* Closing sends a reset instead of an end. */
static void reset_on_close(int fd) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void lose(conn *c) {
  abort_answer(c);
  c->state = HEAD;
  c->lost = 1;
  c->out_len = 0;
  if (c->writable_wanted) watch(c, EPOLL_CTL_MOD, EPOLLIN);
  c->writable_wanted = 0;
}

static void begin_fault(int now) {
  for (conn *c = all, *next; c; c = next) {
    next = c->next;
    if (now == HALF_OPEN) lose(c);
    if (now != RESETTING) continue;
    reset_on_close(c->fd);
    drop(c);
  }
}

static void on_connection(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0) die("accept");
    if (fault == RESETTING) {
      reset_on_close(fd);
      close(fd);
      continue;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conn *c = calloc(1, sizeof *c);
    if (!c) die("memory");
    c->fd = fd;
    c->heap_at = -1;
    c->lost = fault == HALF_OPEN;
    c->next = all;
    if (all) all->previous = c;
    all = c;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static void prepare(void) {
  frame_template(template);
  const char before[] =
      "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
      "\"message\":{\"role\":\"assistant\",\"content\":\"";
  char after[256], body[ANSWER_BYTES + 1];
  int n = sprintf(after,
                  "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,"
                  "\"total_tokens\":%d}}",
                  FIXED_PROMPT, FIXED_COMPLETION, FIXED_PROMPT + FIXED_COMPLETION);
  memset(body, 'x', ANSWER_BYTES);
  memcpy(body, before, sizeof before - 1);
  memcpy(body + ANSWER_BYTES - n, after, (size_t)n + 1);
  whole_len = (size_t)sprintf(
      whole, "HTTP/1.1 200 OK\r\nserver: mock\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s",
      ANSWER_BYTES, body);
}

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  if (listen(fd, 4096) < 0) die("listen");
  return fd;
}

int main(int argc, char **argv) {
  int ports = argc > 1 ? atoi(argv[1]) : 1, base = argc > 2 ? atoi(argv[2]) : 0;
  int listeners[64];
  if (ports < 1 || ports > 64) return fprintf(stderr, "mock PORTS [BASE], 1 to 64 ports\n"), 64;
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  prepare();
  ep = epoll_create1(EPOLL_CLOEXEC);
  printf("[");
  for (int i = 0; i < ports; i++) {
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    listeners[i] = listen_on(base ? base + i : 0);
    getsockname(listeners[i], (struct sockaddr *)&at, &size);
    printf("%s%d", i ? "," : "", ntohs(at.sin_port));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &listeners[i]};
    epoll_ctl(ep, EPOLL_CTL_ADD, listeners[i], &e);
  }
  printf("]\n");
  fflush(stdout);

  for (int number = SIGRTMIN + WELL; number <= SIGRTMIN + SLOW; number++) signal(number, on_signal);
  int former = WELL;

  struct epoll_event events[512];
  for (;;) {
    struct timespec wait, *until = NULL;
    if (heap_len > 0) {
      uint64_t now = now_ns(), left = heap[0]->due > now ? heap[0]->due - now : 0;
      wait = (struct timespec){.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
      until = &wait;
    }
    int n = epoll_pwait2(ep, events, 512, until, NULL);
    if (n < 0 && errno != EINTR) die("epoll_wait");
    /* Before anything that came after the signal. */
    if (fault != former) begin_fault(former = fault);
    for (int i = 0; i < n; i++) {
      int *listener = events[i].data.ptr;
      if (listener >= listeners && listener < listeners + ports) {
        on_connection(*listener);
        continue;
      }
      conn *c = events[i].data.ptr;
      if (!c->dead && c->out_len > 0 && events[i].events & EPOLLOUT) flush_out(c);
      if (!c->dead && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c);
    }
    /* No more than some frames a turn, so that new requests are not kept waiting by a burst. */
    for (int i = 0; i < 256 && heap_len > 0 && heap[0]->due <= now_ns(); i++) {
      conn *c = heap[0];
      timer_remove(c);
      if (c->streaming) next_frame(c);
      else answer_whole(c);
    }
    bury();
  }
}
