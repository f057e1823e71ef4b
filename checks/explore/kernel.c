/* The expansion of one level of a breadth-first search, from the tables of two machines and two
 * channels; and the set of states, as blocks of bits. Nothing here knows of a model.
 *
 * A state is (b, a, ba, ab). A row is all states with the same (b, a, ba), as bits over ab; a block
 * is 512 of these bits, one cache line, found by its key: row << (C - 9) | ab >> 9, where C is the
 * bits of a channel's id. What changes b, a and ba alone moves whole blocks.
 *
 * An entry of a table that is not known yet is reported, and the caller expands its row again once
 * it is filled in. Every function runs without the interpreter's lock, on data of its own.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8
#define BLOCK_BITS 9
#define CHUNK_BITS 10
#define UNKNOWN (-1)
#define NO_ROW (-2)

#if defined(__GNUC__)
#define count_ones(x) ((unsigned)__builtin_popcountll(x))
#define lowest_one(x) ((unsigned)__builtin_ctzll(x))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
static unsigned count_ones(uint64_t x)
{
    unsigned n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}
static unsigned lowest_one(uint64_t x) { return count_ones((x & (0 - x)) - 1); }
#define UNLIKELY(x) (x)
#endif

/* ---- Blocks: an exact set of states, by open addressing ---- */

typedef struct {
    uint32_t *table;   /* slot + 1, or 0 */
    size_t mask;
    uint64_t *keys;    /* by slot */
    uint64_t **chunks; /* the words by slot; they never move */
    size_t count, room, n_chunks;
} Blocks;

static uint64_t *words_at(const Blocks *set, size_t slot)
{
    return set->chunks[slot >> CHUNK_BITS] + (slot & ((1u << CHUNK_BITS) - 1)) * WORDS;
}

static size_t hash_of(uint64_t key) { return (size_t)((key * 0x9E3779B97F4A7C15u) >> 20); }

static int rehash(Blocks *set, size_t size)
{
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return -1;
    for (size_t slot = 0; slot < set->count; slot++) {
        size_t i = hash_of(set->keys[slot]) & (size - 1);
        while (table[i])
            i = (i + 1) & (size - 1);
        table[i] = (uint32_t)slot + 1;
    }
    free(set->table);
    set->table = table;
    set->mask = size - 1;
    return 0;
}

static int more_room(Blocks *set)
{
    if (set->count >= UINT32_MAX - 1)
        return -1;
    if (set->count == set->room) {
        size_t room = set->room ? set->room * 2 : 64;
        uint64_t *keys = realloc(set->keys, room * sizeof *keys);
        if (!keys)
            return -1;
        set->keys = keys;
        set->room = room;
    }
    if (set->count >> CHUNK_BITS == set->n_chunks) {
        uint64_t **chunks = realloc(set->chunks, (set->n_chunks + 1) * sizeof *chunks);
        if (!chunks)
            return -1;
        set->chunks = chunks;
        chunks[set->n_chunks] = malloc(sizeof(uint64_t) * WORDS << CHUNK_BITS);
        if (!chunks[set->n_chunks])
            return -1;
        set->n_chunks++;
    }
    if (!set->table || (set->count + 1) * 4 > (set->mask + 1) * 3)
        return rehash(set, set->table ? (set->mask + 1) * 2 : 128);
    return 0;
}

/* The words of a block, which is added, all zero, if it is not there; NULL without memory. */
static uint64_t *block(Blocks *set, uint64_t key)
{
    if (set->table) {
        size_t i = hash_of(key) & set->mask;
        for (uint32_t slot; (slot = set->table[i]); i = (i + 1) & set->mask)
            if (set->keys[slot - 1] == key)
                return words_at(set, slot - 1);
    }
    if (more_room(set) < 0)
        return NULL;
    size_t i = hash_of(key) & set->mask;
    while (set->table[i])
        i = (i + 1) & set->mask;
    set->table[i] = (uint32_t)set->count + 1;
    set->keys[set->count] = key;
    return memset(words_at(set, set->count++), 0, sizeof(uint64_t) * WORDS);
}

static void clear(Blocks *set)
{
    for (size_t i = 0; i < set->n_chunks; i++)
        free(set->chunks[i]);
    free(set->chunks);
    free(set->keys);
    free(set->table);
    memset(set, 0, sizeof *set);
}

/* ---- What the tables say ---- */

typedef struct {
    const int32_t *count, *first, *rows;
} Ragged; /* count is UNKNOWN or the number of rows; the rows begin at first */

typedef struct {
    Ragged own[2], deliveries, network;
    const int32_t *weight;     /* channel -> how many transitions its network rows stand for */
    const int32_t *receive[2]; /* end * flights + flight -> end', message */
    const int32_t *put;        /* message * channels + channel -> channel' */
    const int32_t *tick_end, *tick_channel;
    const int8_t *quiet, *settled;
    int64_t flights, channels, end_bits, channel_bits, clock;
} Tables;

enum { N_BUFFERS = 20, N_SIZES = 5 };
enum { OWN_ROW = 3, DELIVERY_ROW = 3 }; /* end', message, waits; flight, channel', lost as well */

/* In the order in which they are filled in: each stage needs the ones before it. */
enum {
    OWN_A, DELIVERIES_A, RECEIVE_A, PUT_A, NETWORK_A,
    OWN_B, DELIVERIES_B, RECEIVE_B, PUT_B, NETWORK_B,
    TICK_A, TICK_B, TICK_AB, TICK_BA
};

/* The blocks of one row used last, by the low bits of their keys. */
enum { RECENT = 4 };
typedef struct {
    uint64_t key[RECENT], *words[RECENT];
} Recent;

/* What a flight towards b does in one row, and the row it leads to. */
typedef struct {
    uint64_t stamp, target;
    int possible, ignored;
    Recent recent;
} Arrival;

typedef struct {
    int64_t *items;
    size_t count, room;
} Vector;

typedef struct {
    const Tables *t;
    Blocks *fresh;
    const uint64_t *keys, *words;
    size_t from, to; /* the blocks of the row */
    uint64_t row, stamp, a, b, ba, states, edges;
    int missing; /* in this row */
    Vector lacks, again;
    Arrival *arrivals; /* by flight */
} Work;

static int push(Vector *v, int64_t item)
{
    if (v->count == v->room) {
        size_t room = v->room ? v->room * 2 : 256;
        int64_t *items = realloc(v->items, room * sizeof *items);
        if (!items)
            return -1;
        v->items = items;
        v->room = room;
    }
    v->items[v->count++] = item;
    return 0;
}

static int lacks(Work *w, int stage, uint64_t key)
{
    w->missing = 1;
    return push(&w->lacks, (int64_t)stage) < 0 || push(&w->lacks, (int64_t)key) < 0 ? -1 : 0;
}

static uint64_t row_of(const Tables *t, uint64_t b, uint64_t a, uint64_t ba)
{
    return ((b << t->end_bits | a) << t->channel_bits | ba) << (t->channel_bits - BLOCK_BITS);
}

/* For each ab in the row: `ab` and its block's key are set in turn. */
#define EACH_STATE(w, ab)                                                                          \
    for (size_t i_ = (w)->from; i_ < (w)->to; i_++)                                                \
        for (uint64_t base_ = ((w)->keys[i_] << BLOCK_BITS) &                                      \
                              (((uint64_t)1 << (w)->t->channel_bits) - 1),                         \
                      j_ = 0;                                                                      \
             j_ < WORDS; j_++)                                                                     \
            for (uint64_t left_ = (w)->words[i_ * WORDS + j_], ab;                                 \
                 left_ && (ab = base_ + j_ * 64 + lowest_one(left_), 1); left_ &= left_ - 1)

/* Sets a bit of a row. */
static inline int reach(Blocks *fresh, Recent *recent, uint64_t row, uint64_t ab)
{
    uint64_t key = row | ab >> BLOCK_BITS, *words = recent->words[key % RECENT];
    if (UNLIKELY(recent->key[key % RECENT] != key || !words)) {
        words = block(fresh, key);
        if (!words)
            return -1;
        recent->key[key % RECENT] = key;
        recent->words[key % RECENT] = words;
    }
    words[ab >> 6 & (WORDS - 1)] |= (uint64_t)1 << (ab & 63);
    return 0;
}

/* Every state of the row moves to another row, with the same ab. */
static int move_row(Work *w, uint64_t target)
{
    uint64_t within = ((uint64_t)1 << (w->t->channel_bits - BLOCK_BITS)) - 1;
    w->edges += w->states;
    for (size_t i = w->from; i < w->to; i++) {
        uint64_t *words = block(w->fresh, target | (w->keys[i] & within));
        if (!words)
            return -1;
        for (int j = 0; j < WORDS; j++)
            words[j] |= w->words[i * WORDS + j];
    }
    return 0;
}

/* Every state of the row (if `calm`: with a quiet ab) moves to another row and its ab to map[ab]. */
static int map_row(Work *w, uint64_t target, const int32_t *map, int64_t message, int calm)
{
    Recent recent = {0};
    EACH_STATE (w, ab) {
        if (calm && !w->t->quiet[ab])
            continue;
        int32_t after = map ? map[ab] : (int32_t)ab;
        if (UNLIKELY(after == UNKNOWN)) {
            if (lacks(w, PUT_A, ab << 20 | (uint64_t)message) < 0)
                return -1;
        } else if (after >= 0) {
            w->edges++;
            if (reach(w->fresh, &recent, target, (uint64_t)after) < 0)
                return -1;
        }
    }
    return 0;
}

static int send_from_a(Work *w, uint64_t a, uint64_t ba, int32_t message, int calm)
{
    uint64_t target = row_of(w->t, w->b, a, ba);
    if (!message && !calm)
        return target == w->row ? (w->edges += w->states, 0) : move_row(w, target);
    const int32_t *map = message ? w->t->put + message * w->t->channels : NULL;
    return map_row(w, target, map, message, calm);
}

/* What a does: by itself, and on what arrives from ba. */
static int steps_of_a(Work *w)
{
    const Tables *t = w->t;
    if (t->own[0].count[w->a] < 0)
        return lacks(w, OWN_A, w->a);
    if (t->deliveries.count[w->ba] < 0)
        return lacks(w, DELIVERIES_A, w->ba);
    const int32_t *own = t->own[0].rows + (int64_t)OWN_ROW * t->own[0].first[w->a];
    for (int32_t n = t->own[0].count[w->a]; n--; own += OWN_ROW) {
        if (own[2] && !(t->quiet[w->ba] && t->settled[w->b]))
            continue;
        if (send_from_a(w, (uint64_t)own[0], w->ba, own[1], own[2]) < 0)
            return -1;
    }
    const int32_t *in = t->deliveries.rows + (int64_t)DELIVERY_ROW * t->deliveries.first[w->ba];
    for (int32_t n = t->deliveries.count[w->ba]; n--; in += DELIVERY_ROW) {
        const int32_t *after = t->receive[0] + 2 * ((int64_t)w->a * t->flights + in[0]);
        if (after[0] == UNKNOWN) {
            if (lacks(w, RECEIVE_A, w->a << 20 | (uint64_t)in[0]) < 0)
                return -1;
        } else if (in[2] && (uint64_t)after[0] == w->a && !after[1]) {
            w->edges += w->states; /* ignored: where its loss leads */
        } else if (send_from_a(w, (uint64_t)after[0], (uint64_t)in[1], after[1], 0) < 0)
            return -1;
    }
    return 0;
}

/* The row after b sends a message, in `target`; 0 if there is no room, -1 on failure. */
static int send_from_b(Work *w, uint64_t b, int32_t message, uint64_t *target)
{
    int32_t ba = message ? w->t->put[message * w->t->channels + (int64_t)w->ba] : (int32_t)w->ba;
    if (ba == UNKNOWN)
        return lacks(w, PUT_B, w->ba << 20 | (uint64_t)message);
    if (ba == NO_ROW)
        return 0;
    *target = row_of(w->t, b, w->a, (uint64_t)ba);
    return 1;
}

static int own_steps_of_b(Work *w)
{
    const Tables *t = w->t;
    const int32_t *own = t->own[1].rows + (int64_t)OWN_ROW * t->own[1].first[w->b];
    for (int32_t n = t->own[1].count[w->b]; n--; own += OWN_ROW) {
        int quiet = !own[2];
        if (own[2] && t->quiet[w->ba] && t->settled[w->a])
            EACH_STATE (w, ab)
                quiet |= t->quiet[ab];
        uint64_t target = 0;
        int sent = quiet ? send_from_b(w, (uint64_t)own[0], own[1], &target) : 0;
        if (sent < 0)
            return -1;
        if (!sent)
            continue;
        if (own[2] ? map_row(w, target, NULL, 0, 1) : move_row(w, target))
            return -1;
    }
    return 0;
}

/* Finds out what a flight does to b in this row. */
static int arrive(Work *w, int32_t flight)
{
    const int32_t *after = w->t->receive[1] + 2 * ((int64_t)w->b * w->t->flights + flight);
    Arrival *arrival = w->arrivals + flight;
    arrival->stamp = w->stamp;
    arrival->possible = 0;
    if (after[0] == UNKNOWN)
        return lacks(w, RECEIVE_B, w->b << 20 | (uint64_t)flight);
    arrival->ignored = (uint64_t)after[0] == w->b && !after[1];
    arrival->possible = send_from_b(w, (uint64_t)after[0], after[1], &arrival->target);
    return arrival->possible < 0 ? -1 : 0;
}

/* What the network does to ab, and what arrives from it at b. */
static int steps_over_ab(Work *w)
{
    const Tables *t = w->t;
    Recent recent = {0};
    EACH_STATE (w, ab) {
        const int32_t *after = t->network.rows + t->network.first[ab];
        for (int32_t n = t->network.count[ab]; n--; after++)
            if (reach(w->fresh, &recent, w->row, (uint64_t)*after) < 0)
                return -1;
        w->edges += (uint64_t)t->weight[ab];
        const int32_t *in = t->deliveries.rows + (int64_t)DELIVERY_ROW * t->deliveries.first[ab];
        for (int32_t n = t->deliveries.count[ab]; n--; in += DELIVERY_ROW) {
            Arrival *arrival = w->arrivals + in[0];
            if (arrival->stamp != w->stamp && arrive(w, in[0]) < 0)
                return -1;
            if (!arrival->possible)
                continue;
            w->edges++;
            if (!(arrival->ignored && in[2]) &&
                reach(w->fresh, &arrival->recent, arrival->target, (uint64_t)in[1]) < 0)
                return -1;
        }
    }
    return 0;
}

static int steps_over_ba(Work *w)
{
    const Tables *t = w->t;
    if (t->network.count[w->ba] < 0)
        return lacks(w, NETWORK_B, w->ba);
    const int32_t *after = t->network.rows + t->network.first[w->ba];
    uint64_t edges = w->edges + w->states * (uint64_t)t->weight[w->ba];
    for (int32_t n = t->network.count[w->ba]; n--; after++)
        if (move_row(w, row_of(t, w->b, w->a, (uint64_t)*after)) < 0)
            return -1;
    w->edges = edges;
    return 0;
}

static int tick(Work *w)
{
    const Tables *t = w->t;
    int32_t a = t->tick_end[w->a], b, ba = t->tick_channel[w->ba];
    if (a < 0)
        return a == UNKNOWN ? lacks(w, TICK_A, w->a) : 0;
    b = t->tick_end[w->b];
    if (b < 0)
        return b == UNKNOWN ? lacks(w, TICK_B, w->b) : 0;
    int any = 0;
    EACH_STATE (w, ab) {
        any |= t->tick_channel[ab] >= 0;
        if (t->tick_channel[ab] == UNKNOWN && lacks(w, TICK_AB, ab) < 0)
            return -1;
    }
    if (any && ba == UNKNOWN)
        return lacks(w, TICK_BA, w->ba);
    if (w->missing || ba < 0)
        return 0;
    Recent recent = {0};
    uint64_t target = row_of(t, (uint64_t)b, (uint64_t)a, (uint64_t)ba);
    EACH_STATE (w, ab) {
        int32_t after = t->tick_channel[ab];
        if (after < 0 || (target == w->row && (uint64_t)after == ab))
            continue;
        w->edges++;
        if (reach(w->fresh, &recent, target, (uint64_t)after) < 0)
            return -1;
    }
    return 0;
}

static int known(Work *w, const int32_t *count, int stage)
{
    EACH_STATE (w, ab)
        if (UNLIKELY(count[ab] < 0) && lacks(w, stage, ab) < 0)
            return -1;
    return 0;
}

/* All transitions from one row; stops after the first stage that lacks an entry. */
static int expand_row(Work *w)
{
    if (steps_of_a(w) < 0)
        return -1;
    if (w->missing)
        return 0;
    if (known(w, w->t->network.count, NETWORK_A) < 0)
        return -1;
    if (w->missing)
        return 0;
    if (w->t->own[1].count[w->b] < 0)
        return lacks(w, OWN_B, w->b);
    if (known(w, w->t->deliveries.count, DELIVERIES_B) < 0)
        return -1;
    if (w->missing)
        return 0;
    if (own_steps_of_b(w) < 0 || steps_over_ab(w) < 0)
        return -1;
    if (w->missing)
        return 0;
    if (steps_over_ba(w) < 0)
        return -1;
    return w->missing || !w->t->clock ? 0 : tick(w);
}

static int expand_all(Work *w, size_t from, size_t to)
{
    const Tables *t = w->t;
    unsigned shift = (unsigned)(t->channel_bits - BLOCK_BITS);
    uint64_t channel = ((uint64_t)1 << t->channel_bits) - 1, end = ((uint64_t)1 << t->end_bits) - 1;
    for (w->from = from; w->from < to; w->from = w->to) {
        uint64_t row = w->keys[w->from] >> shift, edges = w->edges;
        w->states = 0;
        for (w->to = w->from; w->to < to && w->keys[w->to] >> shift == row; w->to++)
            for (int j = 0; j < WORDS; j++)
                w->states += count_ones(w->words[w->to * WORDS + j]);
        w->row = row << shift;
        w->ba = row & channel;
        w->a = row >> t->channel_bits & end;
        w->b = row >> (t->channel_bits + t->end_bits);
        w->stamp++;
        w->missing = 0;
        if (expand_row(w) < 0)
            return -1;
        if (w->missing) {
            w->edges = edges; /* it is expanded again */
            for (size_t i = w->from; i < w->to; i++)
                if (push(&w->again, (int64_t)i) < 0)
                    return -1;
        }
    }
    return 0;
}

/* ---- The module ---- */

typedef struct {
    PyObject_HEAD
    Blocks set;
} BlocksObject;

static void blocks_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    clear(&((BlocksObject *)self)->set);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *blocks_clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    clear(&((BlocksObject *)self)->set);
    Py_RETURN_NONE;
}

/* Emits keys and words as a pair of bytes. */
static PyObject *pair_of_bytes(const Vector *keys, const Vector *words)
{
    return Py_BuildValue("(y#y#)", keys->count ? (char *)keys->items : "",
                         (Py_ssize_t)(keys->count * 8), words->count ? (char *)words->items : "",
                         (Py_ssize_t)(words->count * 8));
}

/* One block into the set; what was not there goes to the vectors. */
static int add_block(Blocks *set, uint64_t key, const uint64_t *words, Vector *keys, Vector *fresh)
{
    uint64_t *old = block(set, key), any = 0, new[WORDS];
    if (!old)
        return -1;
    for (int j = 0; j < WORDS; j++) {
        new[j] = words[j] & ~old[j];
        any |= new[j];
        old[j] |= words[j];
    }
    if (!any)
        return 0;
    if (push(keys, (int64_t)key) < 0)
        return -1;
    for (int j = 0; j < WORDS; j++)
        if (push(fresh, (int64_t)new[j]) < 0)
            return -1;
    return 0;
}

static PyObject *finish(int failed, Vector *keys, Vector *words)
{
    PyObject *result = failed ? PyErr_NoMemory() : pair_of_bytes(keys, words);
    free(keys->items);
    free(words->items);
    return result;
}

static PyObject *blocks_add(PyObject *self, PyObject *args)
{
    Py_buffer keys, words;
    Vector new_keys = {0}, new_words = {0};
    int failed = 0;
    if (!PyArg_ParseTuple(args, "y*y*", &keys, &words))
        return NULL;
    size_t n = (size_t)keys.len / 8;
    if ((size_t)words.len < n * WORDS * 8) {
        PyErr_SetString(PyExc_ValueError, "a block has eight words");
        PyBuffer_Release(&keys);
        PyBuffer_Release(&words);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (size_t i = 0; i < n && !failed; i++)
        failed = add_block(&((BlocksObject *)self)->set, ((uint64_t *)keys.buf)[i],
                           (uint64_t *)words.buf + i * WORDS, &new_keys, &new_words) < 0;
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&keys);
    PyBuffer_Release(&words);
    return finish(failed, &new_keys, &new_words);
}

/* absorb(other, part, parts): adds the blocks of `other` whose hash is in that part. */
static PyObject *blocks_absorb(PyObject *self, PyObject *args)
{
    PyObject *object;
    Py_ssize_t part, parts;
    Vector keys = {0}, words = {0};
    int failed = 0;
    if (!PyArg_ParseTuple(args, "O!nn", Py_TYPE(self), &object, &part, &parts))
        return NULL;
    const Blocks *other = &((BlocksObject *)object)->set;
    Py_BEGIN_ALLOW_THREADS
    for (size_t slot = 0; slot < other->count && !failed; slot++)
        if (parts == 1 || hash_of(other->keys[slot]) % (size_t)parts == (size_t)part)
            failed = add_block(&((BlocksObject *)self)->set, other->keys[slot],
                               words_at(other, slot), &keys, &words) < 0;
    Py_END_ALLOW_THREADS
    return finish(failed, &keys, &words);
}

static Py_ssize_t blocks_length(PyObject *self)
{
    return (Py_ssize_t)((BlocksObject *)self)->set.count;
}

static int read_tables(PyObject *buffers, PyObject *sizes, Py_buffer *views, int *held, Tables *t)
{
    int64_t size[N_SIZES];
    for (int i = 0; i < N_SIZES; i++) {
        PyObject *item = PySequence_GetItem(sizes, i);
        size[i] = item ? PyLong_AsLongLong(item) : -1;
        Py_XDECREF(item);
        if (PyErr_Occurred())
            return -1;
    }
    for (*held = 0; *held < N_BUFFERS; ++*held) {
        PyObject *item = PySequence_GetItem(buffers, *held);
        int failed = !item || PyObject_GetBuffer(item, views + *held, PyBUF_SIMPLE) < 0;
        Py_XDECREF(item);
        if (failed)
            return -1;
    }
#define RAGGED(i) {views[i].buf, views[i + 1].buf, views[i + 2].buf}
    *t = (Tables){
        .own = {RAGGED(0), RAGGED(3)}, .deliveries = RAGGED(6), .network = RAGGED(9),
        .weight = views[12].buf, .receive = {views[13].buf, views[14].buf},
        .put = views[15].buf, .tick_end = views[16].buf, .tick_channel = views[17].buf,
        .quiet = views[18].buf, .settled = views[19].buf,
        .flights = size[0], .channels = size[1], .end_bits = size[2],
        .channel_bits = size[3], .clock = size[4],
    };
    return 0;
}

/* expand(tables, sizes, keys, words, from, to, fresh): adds all successors of the blocks from..to
 * to `fresh`. Returns the number of transitions, the entries that are missing as pairs of stage
 * and key, and the indices of the blocks to be expanded again for their sake. */
static PyObject *expand(PyObject *module, PyObject *args)
{
    PyObject *buffers, *sizes, *fresh, *result = NULL;
    Py_buffer keys, words, views[N_BUFFERS];
    Py_ssize_t from, to;
    Tables tables;
    int held = 0, failed;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOy*y*nnO", &buffers, &sizes, &keys, &words, &from, &to, &fresh))
        return NULL;
    if (read_tables(buffers, sizes, views, &held, &tables) == 0) {
        Work work = {.t = &tables, .fresh = &((BlocksObject *)fresh)->set, .keys = keys.buf,
                     .words = words.buf};
        work.arrivals = calloc((size_t)tables.flights + 1, sizeof *work.arrivals);
        Py_BEGIN_ALLOW_THREADS
        failed = !work.arrivals || expand_all(&work, (size_t)from, (size_t)to) < 0;
        Py_END_ALLOW_THREADS
        if (failed)
            PyErr_NoMemory();
        else
            result = Py_BuildValue("(KN)", (unsigned long long)work.edges,
                                   pair_of_bytes(&work.lacks, &work.again));
        free(work.arrivals);
        free(work.lacks.items);
        free(work.again.items);
    }
    while (held--)
        PyBuffer_Release(views + held);
    PyBuffer_Release(&keys);
    PyBuffer_Release(&words);
    return result;
}

static PyMethodDef blocks_methods[] = {
    {"add", blocks_add, METH_VARARGS, "Add blocks (keys, words); return what was not there."},
    {"absorb", blocks_absorb, METH_VARARGS, "Add part of another set; return what was not there."},
    {"clear", blocks_clear, METH_NOARGS, "Remove everything."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot blocks_slots[] = {
    {Py_tp_dealloc, blocks_dealloc},
    {Py_tp_methods, blocks_methods},
    {Py_sq_length, blocks_length},
    {0, NULL},
};
static PyType_Spec blocks_spec = {
    "tcpmc.checks.explore._kernel.Blocks", sizeof(BlocksObject), 0, Py_TPFLAGS_DEFAULT,
    blocks_slots,
};
static PyMethodDef functions[] = {
    {"expand", expand, METH_VARARGS, "Add all successors of some blocks to a set."},
    {NULL, NULL, 0, NULL},
};
static int initialise(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&blocks_spec);
    int failed = !type || PyModule_AddObjectRef(module, "Blocks", type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, initialise}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "Expansion of a level, compiled.", 0, functions, slots,
    NULL, NULL, NULL,
};
PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
