/* A row of states, and how its states are added to other rows. */
#ifndef ROWS_H
#define ROWS_H

#include "blocks.h"
#include "tables.h"

/* The rows (b, a, ba) for any ba: where steps lead. With the pages used last. */
enum { RECENT = 4 };
typedef struct {
    uint64_t base; /* the key for ba = 0 */
    Page pages[RECENT];
} Target;

/* What one end does in this group of rows, by itself or on what arrives. */
typedef struct {
    uint64_t group;
    int kind; /* in such an order that `kind > lost` says that it leads to something else */
    int32_t message, waits;
    const int32_t *put; /* channel -> the channel after the message is sent */
    Target to;
} Step;
enum { MISSING = -1, IGNORED = 1, TAKEN };

/* What a flight towards b does in this row. */
typedef struct {
    uint64_t *words;      /* the row to which it leads, or a scratch row */
    uint64_t touched, ba; /* as for `flush` */
    uint32_t row;
    uint8_t leads[2]; /* whether it is possible; and whether to something else than a loss */
} Arrival;

typedef struct {
    int64_t *items;
    size_t count, room;
} Vector;

/* A row is all states with the same (b, a, ba); a group is all rows with the same (b, a): what a
 * step does in it is found out once. */
typedef struct {
    const Tables *t;
    Blocks *fresh;
    const uint64_t *keys, *packed;
    const uint8_t *used;
    size_t blocks;         /* of all rows */
    size_t row_blocks;     /* the most in a row */
    int narrow;            /* that is one */
    uint64_t group, b, a;  /* the number of the group at hand, and its ends */
    Target here, ticked;   /* the group itself; where its clock leads */
    Step *own[2];          /* by row of own steps */
    Step *steps[2];        /* by flight towards a, towards b */
    Step still;            /* one that waits, and leaves ab as it is */
    uint32_t row;          /* the number of the row at hand */
    uint64_t ba;
    size_t from, to;       /* its blocks */
    uint64_t *words;       /* theirs */
    int32_t *ab;           /* of each of its states */
    size_t states;
    uint64_t *scratch;     /* a row to be added to another */
    uint64_t *scratches;   /* one for each arrival, if rows are more than one block */
    Arrival *arrivals;     /* by flight towards b */
    int32_t *arriving;     /* these flights */
    Delivery *deliveries;  /* towards b, from all states */
    uint64_t trash[WORDS]; /* for what leads nowhere */
    int missing;           /* an entry, in this part of the row's steps */
    uint64_t edges;
    Vector lacks, again;
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

static uint64_t base_of(const Tables *t, uint64_t b, uint64_t a)
{
    return (b << t->end_bits | a) << (t->channel_bits + NUMBER_BITS);
}

static uint64_t number_of(uint64_t key) { return key & ((1u << NUMBER_BITS) - 1); }

static size_t count_ones(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    return (size_t)(((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
}

/* Lists the places of the bits, and up to three that mean nothing: a branch for four of them. */
static inline size_t list_bits(uint64_t bits, uint64_t base, int32_t *list)
{
    const uint64_t stop = (uint64_t)1 << 63;
    size_t ones = count_ones(bits);
    for (size_t n = 0; n < ones; n += 4)
        for (size_t k = n; k < n + 4; k++, bits &= bits - 1)
            list[k] = (int32_t)(base + lowest_one(bits | stop));
    return ones;
}

/* Unpacks the words of the row, and lists the ab of each state. */
static void read_row(Work *w)
{
    w->states = 0;
    memset(w->words, 0, (w->to - w->from) * WORDS * sizeof *w->words);
    for (size_t i = w->from; i < w->to; i++) {
        uint64_t base = number_of(w->keys[i]) << BLOCK_BITS;
        for (uint64_t used = w->used[i]; used; used &= used - 1) {
            unsigned j = lowest_one(used);
            uint64_t bits = w->words[(i - w->from) * WORDS + j] = *w->packed++;
            w->states += list_bits(bits, base + j * 64, w->ab + w->states);
        }
    }
}

/* The words of a block of a row, by its number; NULL without memory. */
static inline uint64_t *words_of(Work *w, Target *to, uint64_t ba, uint64_t number)
{
    unsigned i = (unsigned)(ba >> PAGE_BITS ^ number) % RECENT;
    return block(w->fresh, to->pages + i, to->base | ba << NUMBER_BITS | number);
}

static inline void set_bit(uint64_t *words, uint64_t at, uint64_t bit)
{
    words[at >> 6] |= bit << (at & 63);
}

/* The bit of a block in `touched`. */
static inline uint64_t touch(uint64_t at, uint64_t bit)
{
    return bit << (at >> BLOCK_BITS & 63);
}

/* Adds the states in a scratch row to another, and clears it. A block of it that has some has its
 * number modulo 64 in `touched`. */
static int flush(Work *w, Target *to, uint64_t ba, uint64_t *scratch, uint64_t touched)
{
    for (; touched; touched &= touched - 1)
        for (uint64_t number = lowest_one(touched); number < w->row_blocks; number += 64) {
            uint64_t *from = scratch + number * WORDS;
            if (w->row_blocks > 64 && is_zero(from))
                continue;
            uint64_t *words = words_of(w, to, ba, number);
            if (!words)
                return -1;
            add_words(words, from);
            memset(from, 0, WORDS * sizeof *from);
        }
    return 0;
}

/* Every state of the row moves to another row, with the same ab. */
static int move_row(Work *w, Target *to, uint64_t ba)
{
    w->edges += w->states;
    for (size_t i = w->from; i < w->to; i++) {
        uint64_t *words = words_of(w, to, ba, number_of(w->keys[i]));
        if (!words)
            return -1;
        add_words(words, w->words + (i - w->from) * WORDS);
    }
    return 0;
}

/* Asks for what a lacks to send a message from the states of the row. */
static int lacks_put(Work *w, const Step *step)
{
    for (size_t i = 0; i < w->states; i++)
        if (step->put[w->ab[i]] == UNKNOWN && !(step->waits && !w->t->quiet[w->ab[i]]))
            if (lacks(w, PUT_A, (uint64_t)w->ab[i] << 20 | (uint64_t)step->message) < 0)
                return -1;
    return 0;
}

/* Every state of the row (if the step waits: with a quiet ab) moves to another row, and the step's
 * message into its ab. (No branch in the loop, as none could be foreseen.) */
static inline int map_states(Work *w, Target *to, uint64_t ba, const Step *step, const int narrow)
{
    const int8_t *quiet = w->t->quiet;
    const int32_t *map = step->put;
    uint64_t *scratch = w->scratch, touched = 0, edges = 0;
    int missing = 0, calm = step->waits;
    for (const int32_t *ab = w->ab, *end = ab + w->states; ab < end; ab++) {
        int32_t after = calm && !quiet[*ab] ? NO_ROW : map[*ab];
        uint32_t possible = (uint32_t)~after >> 31, at = (uint32_t)after & -possible;
        set_bit(scratch, at, possible);
        if (!narrow)
            touched |= touch(at, possible);
        edges += possible;
        missing |= after == UNKNOWN;
    }
    w->edges += edges;
    if (UNLIKELY(missing) && lacks_put(w, step) < 0)
        return -1;
    return flush(w, to, ba, scratch, narrow ? edges > 0 : touched);
}

static int map_row(Work *w, Target *to, uint64_t ba, const Step *step)
{
    return w->narrow ? map_states(w, to, ba, step, 1) : map_states(w, to, ba, step, 0);
}

/* Memory that says of all pages and groups that they were not used. */
static void *unused(size_t n, size_t bytes)
{
    void *items = malloc((n + 1) * bytes);
    return items ? memset(items, 255, (n + 1) * bytes) : NULL;
}

/* Gets the memory to work in. */
static int begin(Work *w)
{
    const Tables *t = w->t;
    size_t channels = (size_t)t->channels;
    int failed = 0;
    w->row_blocks = ((channels - 1) >> BLOCK_BITS) + 1;
    w->narrow = w->row_blocks == 1;
    w->still = (Step){.waits = QUIET, .put = t->put};
    memset(&w->here, 255, sizeof w->here);
    memset(&w->ticked, 255, sizeof w->ticked);
    for (int which = 0; which < 2; which++) {
        w->own[which] = unused(most_rows(t->own + which), sizeof *w->own[which]);
        w->steps[which] = unused((size_t)t->flights, sizeof *w->steps[which]);
        failed |= !w->own[which] || !w->steps[which];
    }
    w->arrivals = calloc((size_t)t->flights + 1, sizeof *w->arrivals);
    w->arriving = malloc(((size_t)t->flights + 1) * sizeof *w->arriving);
    w->deliveries = malloc((t->deliveries.size / 2 + SPARE) * sizeof *w->deliveries);
    w->ab = malloc((channels + 4) * sizeof *w->ab);
    w->words = malloc(w->row_blocks * WORDS * sizeof *w->words);
    w->scratch = calloc(w->row_blocks * WORDS, sizeof *w->scratch);
    if (!w->narrow) {
        size_t rows = (size_t)t->flights + 1;
        w->scratches = calloc(rows * w->row_blocks * WORDS, sizeof *w->scratches);
        failed |= !w->scratches;
    }
    failed |= !w->arrivals || !w->arriving || !w->deliveries || !w->ab || !w->words || !w->scratch;
    return failed ? -1 : 0;
}

static void end(Work *w)
{
    for (int which = 0; which < 2; which++) {
        free(w->own[which]);
        free(w->steps[which]);
    }
    free(w->arrivals);
    free(w->arriving);
    free(w->deliveries);
    free(w->ab);
    free(w->words);
    free(w->scratch);
    free(w->scratches);
    free(w->lacks.items);
    free(w->again.items);
}

#endif
