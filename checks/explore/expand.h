/* All transitions from rows of states, as the tables of two machines and two channels say. */
#ifndef EXPAND_H
#define EXPAND_H

#include "blocks.h"

#define UNKNOWN (-1)
#define NO_ROW (-2)
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
enum { QUIET = 1 }; /* what a row waits for: quiet channels; otherwise a settled end as well */
enum { OWN_ROW = 3, DELIVERY_ROW = 3 }; /* end', message, waits; flight, channel', lost as well */

/* In the order in which they are filled in. */
enum {
    OWN_A, RECEIVE_A, PUT_A, OWN_B, RECEIVE_B, PUT_B, TICK_A, TICK_B, TICK_AB, TICK_BA
};

/* The blocks of one row used last, by the low bits of their keys. */
enum { RECENT = 4 };
typedef struct {
    uint64_t key[RECENT], *words[RECENT];
} Recent;

/* What a flight towards b does in one row, and the row it leads to. */
typedef struct {
    uint64_t stamp, target;
    int kind;
    Recent recent;
} Arrival;

/* The kinds, in such an order that `kind > lost as well` says that it leads to something else. */
enum { IMPOSSIBLE, IGNORED, TAKEN };

typedef struct {
    int64_t *items;
    size_t count, room;
} Vector;

typedef struct {
    const Tables *t;
    Blocks *fresh;
    const uint64_t *keys, *packed;
    const uint8_t *used;
    size_t from, to;  /* the blocks of the row */
    uint64_t *words;  /* theirs */
    uint64_t row, stamp, a, b, ba, edges;
    int missing;  /* in this row */
    int32_t *ab;  /* of each state in the row */
    size_t states;
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

/* Unpacks the words of the row, and lists the ab of each state. */
static void read_row(Work *w)
{
    uint64_t channel = ((uint64_t)1 << w->t->channel_bits) - 1;
    w->states = 0;
    memset(w->words, 0, (w->to - w->from) * WORDS * sizeof *w->words);
    for (size_t i = w->from; i < w->to; i++) {
        uint64_t base = w->keys[i] << BLOCK_BITS & channel;
        for (uint64_t used = w->used[i]; used; used &= used - 1) {
            unsigned j = lowest_one(used);
            uint64_t left = w->words[(i - w->from) * WORDS + j] = *w->packed++;
            for (; left; left &= left - 1)
                w->ab[w->states++] = (int32_t)(base + j * 64 + lowest_one(left));
        }
    }
}

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
            words[j] |= w->words[(i - w->from) * WORDS + j];
    }
    return 0;
}

/* Every state of the row (if `calm`: with a quiet ab) moves to another row and its ab to map[ab]. */
static int map_row(Work *w, uint64_t target, const int32_t *map, int64_t message, int calm)
{
    Recent recent = {0};
    const int8_t *quiet = w->t->quiet;
    Blocks *fresh = w->fresh;
    uint64_t edges = 0;
    for (const int32_t *ab = w->ab, *end = ab + w->states; ab < end; ab++) {
        int32_t after = map ? map[*ab] : *ab;
        if (calm && !quiet[*ab])
            continue;
        if (UNLIKELY(after == UNKNOWN)) {
            if (lacks(w, PUT_A, (uint64_t)*ab << 20 | (uint64_t)message) < 0)
                return -1;
        } else if (after >= 0) {
            edges++;
            if (reach(fresh, &recent, target, (uint64_t)after) < 0)
                return -1;
        }
    }
    w->edges += edges;
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
    if (t->own[0].count[w->a] < 0 && lacks(w, OWN_A, w->a) < 0)
        return -1;
    const int32_t *own = t->own[0].rows + (int64_t)OWN_ROW * t->own[0].first[w->a];
    for (int32_t n = t->own[0].count[w->a]; n-- > 0; own += OWN_ROW) {
        if (own[2] && !(t->quiet[w->ba] && (own[2] == QUIET || t->settled[w->b])))
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
    if (t->own[1].count[w->b] < 0)
        return lacks(w, OWN_B, w->b);
    const int32_t *own = t->own[1].rows + (int64_t)OWN_ROW * t->own[1].first[w->b];
    for (int32_t n = t->own[1].count[w->b]; n--; own += OWN_ROW) {
        int quiet = !own[2];
        if (own[2] && t->quiet[w->ba] && (own[2] == QUIET || t->settled[w->a]))
            for (size_t i = 0; i < w->states; i++)
                quiet |= t->quiet[w->ab[i]];
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
    arrival->kind = IMPOSSIBLE;
    if (after[0] == UNKNOWN)
        return lacks(w, RECEIVE_B, w->b << 20 | (uint64_t)flight);
    int possible = send_from_b(w, (uint64_t)after[0], after[1], &arrival->target);
    if (possible > 0)
        arrival->kind = (uint64_t)after[0] == w->b && !after[1] ? IGNORED : TAKEN;
    return possible < 0 ? -1 : 0;
}

/* What the network does to ab. */
static int network_over_ab(Work *w)
{
    const Ragged network = w->t->network;
    const int32_t *weight = w->t->weight;
    Recent recent = {0};
    Blocks *fresh = w->fresh;
    uint64_t edges = 0, row = w->row;
    for (const int32_t *ab = w->ab, *end = ab + w->states; ab < end; ab++) {
        const int32_t *after = network.rows + network.first[*ab];
        for (int32_t n = network.count[*ab]; n--; after++)
            if (reach(fresh, &recent, row, (uint64_t)*after) < 0)
                return -1;
        edges += (uint64_t)weight[*ab];
    }
    w->edges += edges;
    return 0;
}

/* What arrives from ab at b. */
static int deliveries_to_b(Work *w)
{
    const Ragged deliveries = w->t->deliveries;
    Blocks *fresh = w->fresh;
    uint64_t edges = 0, stamp = w->stamp;
    for (const int32_t *ab = w->ab, *end = ab + w->states; ab < end; ab++) {
        const int32_t *in = deliveries.rows + (int64_t)DELIVERY_ROW * deliveries.first[*ab];
        for (int32_t n = deliveries.count[*ab]; n--; in += DELIVERY_ROW) {
            Arrival *arrival = w->arrivals + in[0];
            if (UNLIKELY(arrival->stamp != stamp) && arrive(w, in[0]) < 0)
                return -1;
            edges += arrival->kind != IMPOSSIBLE;
            if (arrival->kind > in[2] &&
                reach(fresh, &arrival->recent, arrival->target, (uint64_t)in[1]) < 0)
                return -1;
        }
    }
    w->edges += edges;
    return 0;
}

static int network_over_ba(Work *w)
{
    const Tables *t = w->t;
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
    for (size_t i = 0; i < w->states; i++) {
        int32_t ab = w->ab[i];
        any |= t->tick_channel[ab] >= 0;
        if (t->tick_channel[ab] == UNKNOWN && lacks(w, TICK_AB, (uint64_t)ab) < 0)
            return -1;
    }
    if (ba < 0)
        return any && ba == UNKNOWN ? lacks(w, TICK_BA, w->ba) : 0;
    Recent recent = {0};
    uint64_t target = row_of(t, (uint64_t)b, (uint64_t)a, (uint64_t)ba);
    for (size_t i = 0; i < w->states; i++) {
        int32_t ab = w->ab[i], after = t->tick_channel[ab];
        if (after < 0 || (target == w->row && after == ab))
            continue;
        w->edges++;
        if (reach(w->fresh, &recent, target, (uint64_t)after) < 0)
            return -1;
    }
    return 0;
}

/* All transitions from one row, as far as the tables are filled in. */
static int expand_row(Work *w)
{
    if (steps_of_a(w) < 0 || own_steps_of_b(w) < 0 || deliveries_to_b(w) < 0)
        return -1;
    if (network_over_ab(w) < 0 || network_over_ba(w) < 0)
        return -1;
    return w->t->clock ? tick(w) : 0;
}

/* Gets the memory to work in. */
static int begin(Work *w)
{
    size_t blocks = (size_t)1 << (w->t->channel_bits - BLOCK_BITS);
    w->arrivals = calloc((size_t)w->t->flights + 1, sizeof *w->arrivals);
    w->ab = malloc((size_t)w->t->channels * sizeof *w->ab);
    w->words = malloc(blocks * WORDS * sizeof *w->words);
    return w->arrivals && w->ab && w->words ? 0 : -1;
}

static void end(Work *w)
{
    free(w->arrivals);
    free(w->ab);
    free(w->words);
    free(w->lacks.items);
    free(w->again.items);
}

static int expand_all(Work *w, size_t from, size_t to)
{
    const Tables *t = w->t;
    unsigned shift = (unsigned)(t->channel_bits - BLOCK_BITS);
    uint64_t channel = ((uint64_t)1 << t->channel_bits) - 1, end = ((uint64_t)1 << t->end_bits) - 1;
    for (w->from = from; w->from < to; w->from = w->to) {
        uint64_t row = w->keys[w->from] >> shift, edges = w->edges;
        for (w->to = w->from + 1; w->to < to && w->keys[w->to] >> shift == row; w->to++)
            ;
        read_row(w);
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

#endif
